"""Chinese, as shops write it."""

# Django does not group Chinese numbers; prices and stock lists do, by three digits.
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
DECIMAL_SEPARATOR = "."
# Django's own pads the month: 08月31日.
MONTH_DAY_FORMAT = "n月j日"
