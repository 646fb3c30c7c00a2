"""All settings, from the environment; every variable has a working default.

`docs/operations.md` lists each variable.
"""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from ecomsite import logs
from ecomsite.backoffice.theme import UNFOLD as UNFOLD
from ecomsite.running.place import valkey_socket

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).absolute()


def _secret_key() -> str:
    if key := env.str("SECRET_KEY", default=""):
        return str(key)
    secret = Path(env.str("SECRET_FILE", default=str(VAR_DIR / "secret")))
    if secret.is_file() and (key := secret.read_text().strip()):
        return str(key)
    if DEBUG:
        return "development-only-not-for-a-shop-that-anybody-can-reach"
    raise ImproperlyConfigured(
        "There is no secret key: set SECRET_KEY, or let `make run` write one to var/secret."
    )


SECRET_KEY = _secret_key()
# Keys that were used before: what they signed or encrypted is still read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind a proxy that ends TLS: HTTPS=1 turns on secure cookies, redirects and HSTS.
HTTPS = env.bool("HTTPS", default=False)

INSTALLED_APPS = [
    "modeltranslation",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "ecomsite.backoffice",
    "ecomsite.backoffice.admin_app.BackofficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "simple_history",
    "treebeard",
    "learning",
    "outbox",
    "customers",
    "catalog",
    "inventory",
    "orders",
    "support",
    "insights",
    "recommendations",
    "storefront",
    "ecomsite.api",
    # After the storefront, whose templates stand for theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "ecomsite.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "ecomsite.content_policy.ContentPolicyMiddleware",
    "ecomsite.backoffice.security.BackofficePolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "storefront.personal_pages.PersonalPagesMiddleware",
    "ecomsite.backoffice.catalogue_changes.CatalogueChangesMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "ecomsite.request_log.RequestLogMiddleware",
    "ecomsite.errors.ShopErrorMiddleware",
    "storefront.behaviour.PageLogMiddleware",
]

ROOT_URLCONF = "ecomsite.urls"
WSGI_APPLICATION = "ecomsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront.context.shop",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    config: dict[str, Any] = dict(
        env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'shop.sqlite3'}")
    )
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # With the default DEFERRED a read that turns into a write fails at once, whatever the
        # busy timeout: 467 of 600 concurrent checkouts were lost that way, none with IMMEDIATE.
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
                "PRAGMA mmap_size=134217728; PRAGMA cache_size=-20000; "
                "PRAGMA journal_size_limit=67108864;"
            ),
        }
        config["CONN_MAX_AGE"] = None
        # In-memory test databases have no lock errors to find.
        config["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    else:
        config["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without REDIS_URL the shop talks to the Valkey server that its supervisor starts.
VALKEY_SOCKET = Path(env.str("VALKEY_SOCKET", default=str(valkey_socket(VAR_DIR))))
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHE_URL = BROKER_URL = REDIS_URL
else:
    # Celery and redis-py spell a socket differently.
    CACHE_URL = f"unix://{VALKEY_SOCKET}?db=1"
    BROKER_URL = f"redis+socket://{VALKEY_SOCKET}?virtual_host=0"

CACHES = {
    "default": {
        "BACKEND": "ecomsite.caches.TolerantRedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "shop",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
# A message is acknowledged when its work is done, and comes back when a process died over it,
# but not for ever: a job that kills its process stops after these retries.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_ANNOTATIONS = {"*": {"max_retries": 3}}
CELERY_TASK_TIME_LIMIT = env.int("TASK_TIME_LIMIT_SECONDS", default=3600)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Twice the longest hard limit, else a long job is handed out a second time while it runs.
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "health_check_interval": 10,
    "global_keyprefix": "shop:",
}
# A request must not wait for a broker that is down: the sweep finds the row.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "catalog.classify_*": {"queue": "inference"},
    "support.classify_*": {"queue": "inference"},
    "learning.retrain": {"queue": "training"},
    # Publishes, and must not do so beside a training.
    "learning.sweep_stale_rows": {"queue": "training"},
    "orders.import_orders": {"queue": "training"},
    "backoffice.operate": {"queue": "training"},
}
CELERY_TIMEZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
CELERY_BEAT_SCHEDULER = "ecomsite.beat:Scheduler"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

logs.configure()
LOGGING = logs.settings(
    level=env.str("LOG_LEVEL", default="INFO"), as_json=env.bool("LOG_JSON", default=not DEBUG)
)

AUTH_USER_MODEL = "customers.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Customers log in by email at the shop, staff by name at the back office, which has its own page.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "storefront.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "storefront.forms.account.LoginForm",
    "signup": "storefront.forms.account.SignupForm",
    "add_email": "storefront.forms.account.AddEmailForm",
    "change_password": "storefront.forms.account.ChangePasswordForm",
    "set_password": "storefront.forms.account.SetPasswordForm",
    "reset_password": "storefront.forms.account.ResetPasswordForm",
    "reset_password_from_key": "storefront.forms.account.ResetPasswordKeyForm",
    "reauthenticate": "storefront.forms.account.ReauthenticateForm",
    "confirm_email_verification_code": "storefront.forms.account.ConfirmEmailForm",
    "confirm_password_reset_code": "storefront.forms.account.ConfirmResetForm",
}
MFA_FORMS = {
    "authenticate": "storefront.forms.account.SecondFactorForm",
    "reauthenticate": "storefront.forms.account.SecondFactorAgainForm",
    "activate_totp": "storefront.forms.account.ActivateTotpForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "storefront.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1

LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="zh-hans")
MODELTRANSLATION_DEFAULT_LANGUAGE = "zh-hans"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("zh-hans", "en")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["ecomsite.formats"]

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
MODELS_ROOT = Path(env.str("MODELS_ROOT", default=str(VAR_DIR / "models")))
# Item graphs are added up by the processes of a Dask scheduler ("local": two of this machine).
DASK_SCHEDULER = env.str("DASK_SCHEDULER", default="")
DASK_FOLDER = Path(env.str("DASK_FOLDER", default=str(VAR_DIR / "dask")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "ecomsite.static_files.StaticFilesStorage"
        )
    },
    # Learned models: a shared folder or an object store when workers run on several machines.
    "models": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(MODELS_ROOT), "base_url": None},
    },
}

# Letters. Without a mail server they are kept as files, and the back office says so.
EMAIL_URL = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR / 'mail'}")
EMAIL_BACKEND = EMAIL_URL["EMAIL_BACKEND"]
EMAIL_FILE_PATH = EMAIL_URL["EMAIL_FILE_PATH"]
EMAIL_HOST = EMAIL_URL["EMAIL_HOST"] or "localhost"
EMAIL_PORT = EMAIL_URL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = EMAIL_URL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = EMAIL_URL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = EMAIL_URL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_URL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@localhost")

# The shop
# Where customers reach it, for links in letters.
SHOP_URL = env.str("SHOP_URL", default="http://127.0.0.1:8000").rstrip("/")
SHOP_NAME = env.str("SHOP_NAME", default="掌柜")
CURRENCY = env.str("CURRENCY", default="CNY")
# Where prices, taxes and delivery are reckoned for until a visitor says where they live.
SHOP_COUNTRY = env.str("SHOP_COUNTRY", default="CN")
# A group of fewer customers is neither shown, nor exported, nor written to.
SEGMENT_FLOOR = env.int("SEGMENT_FLOOR", default=10)
# Orders from this hour on leave the shop on the next working day.
DISPATCH_CUTOFF_HOUR = env.int("DISPATCH_CUTOFF_HOUR", default=14)
# So long a cart keeps what was set aside for it on the last step before payment.
CART_RESERVATION_MINUTES = env.int("CART_RESERVATION_MINUTES", default=15)
# Ways to pay, in the order in which the checkout offers them; `docs/payments.md` adds more.
PAYMENT_PROVIDERS = env.list(
    "PAYMENT_PROVIDERS",
    default=[
        "orders.services.payments.stripe_checkout.StripeCheckout",
        "orders.services.payments.by_hand.BankTransfer",
        "orders.services.payments.by_hand.OnDelivery",
        "orders.services.payments.testing.TestProvider",
        "orders.services.payments.by_hand.NothingDue",
    ],
)
# Unset: the test provider is there in development and in the demo shop.
PAYMENT_TEST = env.bool("PAYMENT_TEST", default=None)
DEMO_MARKER = VAR_DIR / "staff-login.txt"
BANK_ACCOUNT = env.str("BANK_ACCOUNT", default="")
BANK_ACCOUNT_HOLDER = env.str("BANK_ACCOUNT_HOLDER", default="")
BANK_NAME = env.str("BANK_NAME", default="")
BANK_CODE = env.str("BANK_CODE", default="")
BANK_TRANSFER_CURRENCIES = env.list("BANK_TRANSFER_CURRENCIES", default=[CURRENCY])
BANK_TRANSFER_DAYS = env.int("BANK_TRANSFER_DAYS", default=7)
ON_DELIVERY_COUNTRIES = env.list("ON_DELIVERY_COUNTRIES", default=[])
ON_DELIVERY_MAX_MINOR = env.int("ON_DELIVERY_MAX_MINOR", default=0)
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
# "automatic" takes the money at once, "manual" when staff capture it.
STRIPE_CAPTURE = env.str("STRIPE_CAPTURE", default="automatic")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
# A message of a provider beyond this is not even read.
PAYMENT_EVENT_MAX_BYTES = env.int("PAYMENT_EVENT_MAX_BYTES", default=256 * 1024)
# Who sells, as invoices say it; lines of the address are parted by "|".
SELLER_NAME = env.str("SELLER_NAME", default=SHOP_NAME)
SELLER_ADDRESS = env.str("SELLER_ADDRESS", default="")
SELLER_TAX_NUMBER = env.str("SELLER_TAX_NUMBER", default="")
SELLER_EMAIL = env.str("SELLER_EMAIL", default=DEFAULT_FROM_EMAIL)
SELLER_PHONE = env.str("SELLER_PHONE", default="")
# Goods may be sent back for so long, and then the order is complete.
RETURN_WINDOW_DAYS = env.int("RETURN_WINDOW_DAYS", default=30)
ORDER_COMPLETE_AFTER_DAYS = env.int("ORDER_COMPLETE_AFTER_DAYS", default=RETURN_WINDOW_DAYS)

# How long the shop keeps what it no longer needs; a stage of the night does away with it.
RETENTION_INTERACTION_DAYS = env.int("RETENTION_INTERACTION_DAYS", default=400)
RETENTION_RISK_KEY_DAYS = env.int("RETENTION_RISK_KEY_DAYS", default=400)
RETENTION_CART_DAYS = env.int("RETENTION_CART_DAYS", default=180)
RETENTION_ACCESS_CODE_DAYS = env.int("RETENTION_ACCESS_CODE_DAYS", default=30)
RETENTION_PAYMENT_EVENT_DAYS = env.int("RETENTION_PAYMENT_EVENT_DAYS", default=400)
RETENTION_WEBHOOK_DAYS = env.int("RETENTION_WEBHOOK_DAYS", default=90)
RETENTION_LETTER_DAYS = env.int("RETENTION_LETTER_DAYS", default=730)
RETENTION_CONTACT_DAYS = env.int("RETENTION_CONTACT_DAYS", default=730)
RETENTION_EXPORT_DAYS = env.int("RETENTION_EXPORT_DAYS", default=7)
# Staff who place an order may take this much off the goods.
STAFF_DISCOUNT_MAX_PERCENT = env.int("STAFF_DISCOUNT_MAX_PERCENT", default=20)
# Webhooks go to the internet alone, unless the programs that listen stand in the shop's network.
WEBHOOK_PRIVATE_ADDRESSES = env.bool("WEBHOOK_PRIVATE_ADDRESSES", default=False)
# Public holidays of the demand profile: a country, or a part of one such as GB-ENG; empty for none.
HOLIDAY_COUNTRY = env.str("HOLIDAY_COUNTRY", default="CN")
# Products on one page of a category or a search.
CARDS_PER_PAGE = env.int("CARDS_PER_PAGE", default=24)
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=15 * 1024 * 1024)
# Reading 140 MB of orders takes 0.7 GB of memory, reading 470 MB takes 1.6 GB.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=200 * 1024 * 1024)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Browsers
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/",),
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "style-src": [SELF, NONCE],
        "script-src": [SELF, NONCE],
        "object-src": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    },
}
# The back office theme runs Alpine.js, which evaluates expressions from attributes.
BACKOFFICE_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "img-src": [SELF, "data:", "blob:"],
    "style-src": [SELF, UNSAFE_INLINE],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "object-src": ["'none'"],
    "base-uri": [SELF],
    "form-action": [SELF],
    "frame-ancestors": ["'none'"],
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["ecomsite.throttling.Throttle"],
    "DEFAULT_THROTTLE_RATES": {
        "uploads": "120/minute",
        "api": "600/minute",
        "api-writes": "120/minute",
        "api-codes": "30/hour",
        "api-orders": "120/hour",
        "api-reviews": "20/hour",
    },
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Whose address in X-Forwarded-For is believed; without a proxy anybody can write that header.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=1 if HTTPS else 0),
    "EXCEPTION_HANDLER": "ecomsite.errors.api_exception_handler",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Zhanggui",
    "DESCRIPTION": "The shop for programs: docs/api.md tells how to start.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["ecomsite.api.schema.only_this_version"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "orders.models.Order.Status",
        "ReturnStatus": "orders.models.ReturnRequest.Status",
        "ReturnReason": "orders.models.ReturnLine.Reason",
        "PaymentState": "orders.models.Payment.State",
        "RefundState": "orders.models.Refund.State",
        "MovementKind": "inventory.models.StockMovement.Kind",
        "TransferStatus": "inventory.models.StockTransfer.Status",
        "CountKind": "inventory.models.StockCount.Kind",
        "CountStatus": "inventory.models.StockCount.Status",
        "PurchaseOrderStatus": "inventory.models.PurchaseOrder.Status",
        "ProposalStatus": "learning.models.Proposal.ReviewStatus",
        "ReviewStatus": "support.models.Review.Status",
        "VersionStatus": "learning.models.ModelVersion.Status",
        "VersionOrigin": "learning.models.ModelVersion.Origin",
        "RunStatus": "learning.models.TrainingRun.Status",
        "RunTrigger": "learning.models.TrainingRun.Trigger",
        "DecisionAction": "learning.models.Decision.Action",
    },
}

ALLAUTH_TRUSTED_PROXY_COUNT = REST_FRAMEWORK["NUM_PROXIES"]

IMPORT_EXPORT_USE_TRANSACTIONS = True
# A name that begins with = is no formula when a spreadsheet opens the file.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
SILENCED_SYSTEM_CHECKS: list[str] = []
