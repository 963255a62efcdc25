"""How the admin looks: unfold's settings."""

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "txcat",
    "SITE_HEADER": "txcat",
    "SITE_SUBHEADER": "Transaction categories",
    "SITE_SYMBOL": "account_tree",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "txcat.admin.dashboard",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("classifier/icon.svg"),
        }
    ],
    "STYLES": [lambda request: static("classifier/admin.css")],
    "SCRIPTS": [lambda request: static("classifier/menu.js")],
    "SIDEBAR": {"show_search": True, "navigation": "txcat.admin.sidebar"},
    "COLORS": {
        "primary": {
            "50": "oklch(96.2% .018 272.314)",
            "100": "oklch(93% .034 272.788)",
            "200": "oklch(87% .065 274.039)",
            "300": "oklch(78.5% .115 274.713)",
            "400": "oklch(67.3% .182 276.935)",
            "500": "oklch(58.5% .233 277.117)",
            "600": "oklch(51.1% .262 276.966)",
            "700": "oklch(45.7% .24 277.023)",
            "800": "oklch(39.8% .195 277.366)",
            "900": "oklch(35.9% .144 278.697)",
            "950": "oklch(25.7% .09 281.288)",
        }
    },
}
