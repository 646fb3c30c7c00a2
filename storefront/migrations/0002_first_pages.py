"""Delivery, returns, privacy and about, as texts to start from."""

from django.db import migrations

DELIVERY_ZH = """## 我们寄往哪里

结账时填写收货地址后，页面会列出能寄到该地址的配送方式、运费和预计的送达工作日。没有列出配送方式的地区，暂时不能下单。

## 运费

运费按收货地区、订单重量和金额计算，在您确认订单之前就会显示，付款时不再增加。

## 发货之后

- 包裹交给承运商后，我们会发一封邮件，写明承运商和运单号。
- 一个订单可能分几个包裹寄出，每个包裹都有一封邮件。
- 在“我的订单”里可以看到每一步；没有账户时，可以用订单号和邮箱查询。

## 包裹没有到，或者到了但已损坏

请通过[联系我们](/zh-hans/contact/)写明订单号，并附上情况说明。
"""
DELIVERY_EN = """## Where we deliver to

Once you have entered an address at checkout, the page lists the ways of delivery to it, what each costs and how many working days it is expected to take. Where none is listed, we cannot take an order at present.

## What it costs

The price of delivery follows from the region, the weight and the amount of your order. It is shown before you confirm the order, and nothing is added when you pay.

## After it has left

- When a parcel is handed to the carrier, we send a letter with the carrier and the tracking number.
- An order may be sent in several parcels; there is a letter for each.
- Every step is shown with your orders. Without an account, use the order number and your e-mail address.

## If a parcel does not arrive, or arrives damaged

Please [write to us](/en/contact/) with the number of the order and what happened.
"""
RETURNS_ZH = """## 如何退货

- 在“我的订单”里打开订单，选择要退的商品和原因，需要时附上照片。
- 我们看过之后，会用邮件告诉您是否同意以及寄回的地址。请不要在此之前寄出。
- 收到并检查商品后，我们把款项退回到您付款的方式，并发邮件告诉您。

## 退货期限

法律规定的退货权利不受本页影响。本店更长的期限或不能退货的商品，请店主写在这里。

## 商品有问题

如果收到的商品有缺陷、与描述不符或寄错，请通过[联系我们](/zh-hans/contact/)写明订单号，并附上照片。
"""
RETURNS_EN = """## How to return something

- Open the order among your orders, choose what you return and why, and add photos where they help.
- We look at it and tell you by e-mail whether we agree and where to send it. Please do not send anything before that.
- When we have received and checked the goods, the money goes back the way you paid, and we write to you.

## How long you have

Your rights by law are not touched by this page. A longer period of this shop, and goods that cannot be returned, are to be written here by the shop.

## If something is wrong with it

If goods are faulty, not as described, or not what you ordered, please [write to us](/en/contact/) with the number of the order and photos.
"""
PRIVACY_ZH = """## 我们保存什么

- **订单**：姓名、地址、邮箱、所购商品和付款情况。没有这些就无法发货、退款和开具发票。
- **账户**：如果您注册，还包括密码的加密摘要、语言、地址簿和您同意过的事项。
- **评价和留言**：您写的内容和上传的照片。照片保存前会去除拍摄地点等附带信息。
- **到货提醒**：邮箱地址，提醒发出一个月后删除。

## Cookie

本店只使用自己的 Cookie：登录状态、语言、购物车，以及您最近看过、收藏和对比的商品。浏览行为用一个随机编号记录，用来推荐商品；浏览器发出“不要跟踪”信号（Global Privacy Control）时不记录。

## 谁能看到

本店员工，以及为完成订单所必需的承运商和支付机构。承运商和支付机构的名称请店主写在这里。

## 您的权利

您可以查看、更正或要求删除自己的信息，也可以撤回同意。请通过[联系我们](/zh-hans/contact/)提出。负责人的名称和地址请店主写在这里。
"""
PRIVACY_EN = """## What we keep

- **Orders**: name, address, e-mail address, what was bought and how it was paid. Without these nothing can be sent, refunded or invoiced.
- **Accounts**: if you register, also an encrypted digest of your password, your language, your addresses and what you consented to.
- **Reviews and messages**: what you write and the photos you add. Places and other data that a camera hides in a photo are taken out before it is stored.
- **Stock alerts**: the e-mail address, until a month after the letter was sent.

## Cookies

This shop sets cookies of its own only: for being logged in, the language, the cart, and the products that you looked at, wished for or compared. What is looked at is recorded under a random number, to recommend products; nothing is recorded of browsers that ask not to be followed (Global Privacy Control).

## Who sees it

The staff of this shop, and the carriers and payment services that an order needs. Their names are to be written here by the shop.

## Your rights

You may see and correct what we hold of you, have it deleted, and withdraw your consent: please [write to us](/en/contact/). The name and address of who is responsible are to be written here by the shop.
"""
ABOUT_ZH = """这里介绍本店：谁在经营、卖什么、为什么。请店主写上自己的话，以及法律要求的经营者名称、地址和联系方式。

有问题或建议，欢迎[联系我们](/zh-hans/contact/)。
"""
ABOUT_EN = """This page tells who runs the shop, what it sells and why. It is to be written by the shop, with the name, the address and the ways of contact that the law asks for.

Questions and suggestions are welcome: [write to us](/en/contact/).
"""
PAGES = (
    ("delivery", "配送", "Delivery", DELIVERY_ZH, DELIVERY_EN),
    ("returns", "退货", "Returns", RETURNS_ZH, RETURNS_EN),
    ("privacy", "隐私", "Privacy", PRIVACY_ZH, PRIVACY_EN),
    ("about", "关于我们", "About us", ABOUT_ZH, ABOUT_EN),
)


def write_pages(apps, schema_editor):
    page = apps.get_model("storefront", "StaticPage")
    for position, (slug, title_zh, title_en, body_zh, body_en) in enumerate(PAGES, start=1):
        page.objects.using(schema_editor.connection.alias).get_or_create(
            slug=slug,
            defaults={
                # Without the language: a historical model reads this column.
                "title": title_zh,
                "body": body_zh,
                "title_zh_hans": title_zh,
                "title_en": title_en,
                "body_zh_hans": body_zh,
                "body_en": body_en,
                "position": 10 * position,
            },
        )


def keep_pages(apps, schema_editor):
    """What staff wrote is not thrown away on the way back; the table goes with its own."""


class Migration(migrations.Migration):
    dependencies = [("storefront", "0001_initial")]

    operations = [migrations.RunPython(write_pages, keep_pages, elidable=False)]
