"""Where customers follow their parcels, by carrier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Carrier:
    """tracking: the address of a parcel, with {number} in it; empty: none is known."""

    code: str
    name: str
    tracking: str = ""
    also: tuple[str, ...] = ()


CARRIERS: Final = (
    Carrier(
        "sf",
        "SF Express 顺丰速运",
        "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}",
        ("SF", "SF Express", "顺丰", "顺丰速运"),
    ),
    Carrier("yto", "YTO 圆通速递", "https://www.yto.net.cn/query/{number}", ("圆通", "圆通速递")),
    Carrier(
        "zto",
        "ZTO 中通快递",
        "https://www.zto.com/express/expressCheck.html?txtBill={number}",
        ("中通", "中通快递"),
    ),
    Carrier(
        "sto", "STO 申通快递", "https://www.sto.cn/query?number={number}", ("申通", "申通快递")
    ),
    Carrier(
        "yunda",
        "Yunda 韵达快递",
        "https://www.yundaex.com/cn/track.php?no={number}",
        ("韵达", "韵达快递"),
    ),
    Carrier(
        "jd",
        "JD Logistics 京东物流",
        "https://www.jdl.com/#/trackQuery?waybillCode={number}",
        ("京东", "京东物流", "JDL"),
    ),
    Carrier(
        "ems",
        "EMS 中国邮政",
        "https://www.ems.com.cn/queryList?mailNo={number}",
        ("EMS", "China Post", "邮政", "中国邮政"),
    ),
    Carrier(
        "cainiao",
        "Cainiao 菜鸟",
        "https://global.cainiao.com/detail.htm?mailNoList={number}",
        ("菜鸟",),
    ),
    Carrier(
        "dhl",
        "DHL",
        "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
        ("DHL Express",),
    ),
    Carrier("ups", "UPS", "https://www.ups.com/track?tracknum={number}"),
    Carrier("fedex", "FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}"),
    Carrier("dpd", "DPD", "https://www.dpdgroup.com/track?parcelNumber={number}"),
    Carrier("gls", "GLS", "https://gls-group.com/track/{number}"),
    Carrier(
        "royal_mail",
        "Royal Mail",
        "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    ),
    Carrier("usps", "USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}"),
)


def _known_names() -> Mapping[str, Carrier]:
    return {
        name.casefold(): carrier
        for carrier in CARRIERS
        for name in (carrier.code, carrier.name, *carrier.also)
    }


_BY_NAME: Final = _known_names()


def find_carrier(name: str) -> Carrier | None:
    """By code or by any of its names, in any case; None for one that the shop does not know."""
    return _BY_NAME.get(" ".join(name.split()).casefold())


def carrier_title(name: str) -> str:
    """What people call it: the carrier's own name where it is known, else as it was typed."""
    carrier = find_carrier(name)
    return carrier.name if carrier else name


def tracking_url(carrier: str, number: str) -> str:
    """Where this parcel is followed; empty when the carrier is not known or there is no number."""
    known, number = find_carrier(carrier), number.strip()
    if known is None or not known.tracking or not number:
        return ""
    return known.tracking.replace("{number}", quote(number, safe=""))
