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
    "django_structlog",
    "import_export",
    "rest_framework",
    "simple_history",
    "treebeard",
    "learning",
    "customers",
    "catalog",
    "inventory",
    "orders",
    "support",
    "insights",
    "recommendations",
    "storefront",
]

MIDDLEWARE = [
    "ecomsite.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "ecomsite.backoffice.security.BackofficePolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "ecomsite.errors.ShopErrorMiddleware",
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
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
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
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

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

# The shop
SHOP_NAME = env.str("SHOP_NAME", default="掌柜")
CURRENCY = env.str("CURRENCY", default="CNY")
# Public holidays of the demand profile: a country, or a part of one such as GB-ENG; empty for none.
HOLIDAY_COUNTRY = env.str("HOLIDAY_COUNTRY", default="CN")
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
    "DEFAULT_THROTTLE_RATES": {"uploads": "120/minute", "interactions": "600/minute"},
    # Whose address in X-Forwarded-For is believed; without a proxy anybody can write that header.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=1 if HTTPS else 0),
    "EXCEPTION_HANDLER": "ecomsite.errors.api_exception_handler",
}

IMPORT_EXPORT_USE_TRANSACTIONS = True
# A name that begins with = is no formula when a spreadsheet opens the file.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
SILENCED_SYSTEM_CHECKS: list[str] = []
