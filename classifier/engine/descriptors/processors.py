"""Payment processors, wallets and facilitators by the mark they leave in a descriptor."""

import re
from typing import Final

_MARKS: Final = {
    "Square": "sq;sqc;squ;gosq.com",
    "Toast": "tst;toast",
    "Clover": "clv;clover",
    "SpotOn": "spo;spoton",
    "PayPal": "pp;paypal",
    "SumUp": "sumup;smp",
    "Zettle": "zettle;zettle_;izettle;izettle_;iz",
    "Shopify": "sp",
    "Squarespace": "sqsp",
    "Checkout.com": "cko",
    "Stripe": "stripe",
    "Adyen": "adyen",
    "Worldpay": "worldpay;wpy",
    "Mollie": "mollie",
    "CCV": "ccv",
    "Nayax": "nyx;nayax",
    "Cantaloupe": "ctlp",
    "Zeller": "zlr",
    "Klarna": "klarna",
    "Clearpay": "clearpay",
    "Afterpay": "afterpay",
    "Zip": "zip",
    "Ezidebit": "ezi;ezidebit",
    "Yoco": "yoco",
    "Zapper": "zapper",
    "iKhokha": "ik;ikh",
    "PayFast": "payfast",
    "Paystack": "paystack",
    "Lightspeed": "ls;lsp",
    "SnapScan": "snapscan",
    "Razorpay": "razorpay",
    "2Checkout": "2co.com;2checkout.com",
    "Paddle": "paddle;paddle.net",
    "FastSpring": "fs;fsprg",
    "EBANX": "ebanx",
    "dLocal": "dl;dlo",
    "Mercado Pago": "mp;merpago;mercadopago",
    "PagSeguro": "pag;pagseguro",
    "Lemon Squeezy": "lemsqzy",
    "DoorDash": "dd",
    "Instacart": "ic",
    "Google": "google",
    "Google Pay": "google pay;gpay;g pay",
    "Apple Pay": "apple pay;applepay",
    "Samsung Pay": "samsung pay",
}
_NAMES: Final = {mark: name for name, marks in _MARKS.items() for mark in marks.split(";")}

# A wallet may stand anywhere; the others only before what was bought through them.
WALLETS: Final = re.compile(
    r"(?<![^\s/])(?:apple ?pay|google pay|gpay|samsung pay)(?![^\s/])[ /*-]*"
)
UNSTARRED: Final = re.compile(
    r"\A(?:(?:paypal(?: inst xfer| instant transfer| payment)?|stripe|sumup|i?zettle|yoco|zapper"
    r"|snapscan|payfast|klarna|razorpay)(?: ?\*)?"
    r")[ :.-]+(?=\S)"
)

# The name of the marketplace is the payee's name as well, so it stays merchant text.
MARKETPLACE: Final = re.compile(r"am(?:zn|azon) ?(?:mktp|marketp)")


def processor_name(mark: str) -> str:
    """Return the name that people know for a mark ("sq *" is Square), else the mark itself."""
    key = mark.strip(" *.:-/").replace(" inst xfer", "").replace(" instant transfer", "")
    key = key.removesuffix(" payment")
    return _NAMES.get(key) or _NAMES.get(key.rstrip("0123456789")) or key.upper()
