"""Finding products by words, and what the index does to keep up with them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import translation

from catalog import tasks
from catalog.algorithms.document_terms import terms_of
from catalog.errors import SynonymsTooFewError
from catalog.models import (
    Attribute,
    Product,
    ProductAttribute,
    SearchDocument,
    SearchSynonym,
    SearchTerm,
)
from catalog.services import categories, indexing, products, search_documents
from catalog.services.browsing import ORDERINGS, browse, parse_filters
from catalog.services.cards import ProductCard
from catalog.services.suggesting import suggest
from catalog.services.synonyms import save_synonym
from catalog.services.understanding import understand
from tests.factories import make_brand, make_category, make_product, make_sku, make_staff

pytestmark = pytest.mark.django_db
QueryCount = Callable[[int], Any]


def make_goods(**fields: Any) -> Product:
    """A product in the index."""
    product = make_product(**fields)
    indexing.index_products(product_ids=[product.pk])
    return product


def make_tea() -> Product:
    return make_goods(
        name_zh_hans="明前龙井",
        name_en="Early Spring Longjing",
        description_zh_hans="泡开有豆香和一丝栗甜。",
        description_en="Flat, smooth buds with a scent of fresh beans.",
        category=make_category(name_zh_hans="茶与茶器", name_en="Tea & Teaware"),
        brand=make_brand(name="半壶 Banhu"),
    )


def make_pot(**fields: Any) -> Product:
    return make_goods(**{"name_zh_hans": "圆珠瓷茶壶", "name_en": "Round Teapot", **fields})


def goods(cards: Iterable[ProductCard]) -> list[Product]:
    products = Product.objects.in_bulk([card.pk for card in cards])
    return [products[card.pk] for card in cards]


def found(text: str, **asked: Any) -> list[Product]:
    return goods(browse(text=text, **asked).products)


@pytest.mark.parametrize(
    "text",
    [
        "龙井",
        "龍井",
        "明前龙井",
        "龙井 明前",
        "龙井茶",
        "longjing",
        "LongJing",
        "long jing",
        "mingqianlongjing",
        "mqlj",
        "early longjing",
        "banhu longjing",
        "半壶",
        "teaware",
        "bean",
        "豆香",
        "Ｌｏｎｇｊｉｎｇ",
        "the longjing",
    ],
)
def test_a_product_is_found_by_its_words_in_any_script(text: str) -> None:
    tea = make_tea()
    make_pot()
    shelf = browse(text=text)
    assert goods(shelf.products) == [tea]
    assert (shelf.total, shelf.correction, shelf.is_loosened) == (1, "", False)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("longjng", "longjing"),
        ("longijng", "longjing"),
        ("erly springg", "early spring"),
        ("龙京", "龙井"),
        ("longjingmingqian", "longjing mingqian"),
    ],
)
def test_a_mistake_is_corrected_and_said(text: str, meant: str) -> None:
    tea = make_tea()
    make_pot()
    shelf = browse(text=text)
    assert goods(shelf.products) == [tea]
    assert (shelf.correction, shelf.corrected_from) == (meant, text)


def test_words_that_are_right_are_not_corrected() -> None:
    make_tea()
    tot = make_goods(name_en="Teapit", name_zh_hans="坑")
    make_pot()
    assert found("teapit") == [tot]


def test_what_has_some_of_the_words_is_shown_when_nothing_has_all() -> None:
    tea, pot = make_tea(), make_pot()
    shelf = browse(text="round longjing teapot")
    assert goods(shelf.products) == [pot, tea]
    assert shelf.is_loosened


def test_nothing_found_shows_what_sells() -> None:
    tea = make_tea()
    Product.objects.update(has_stock=True)
    shelf = browse(text="zzzzqqqq")
    assert (shelf.total, shelf.products, goods(shelf.instead)) == (0, (), [tea])
    assert browse(text="!!! ???").total == 0


def test_the_name_counts_more_than_what_stands_below_it() -> None:
    described = make_goods(
        name_en="Tray", description_en="For a teapot.", units_sold_30_days=900, has_stock=True
    )
    category = make_category(name_en="Teapots")
    placed = make_goods(name_en="Cosy", category=category, units_sold_30_days=500, has_stock=True)
    named = make_goods(name_en="Round teapot")
    popular = make_goods(name_en="Square teapot", units_sold_30_days=5)
    exact = make_goods(name_en="Teapot")
    assert found("teapot") == [exact, popular, named, placed, described]


def test_results_page_by_rank_without_repeating() -> None:
    for number in range(7):
        make_goods(name_en=f"Teapot {number}", units_sold_30_days=number % 3)
    whole = browse(text="teapot", size=50)
    assert whole.ordering == "relevance"
    first = browse(text="teapot", size=4)
    second = browse(text="teapot", size=4, cursor=first.next_cursor)
    assert first.products + second.products == whole.products
    back = browse(text="teapot", size=4, cursor=second.previous_cursor)
    assert back.products == first.products


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_results_can_be_ordered_and_narrowed_like_any_shelf(ordering: str) -> None:
    pot = make_pot(price_from_minor=1_000, has_stock=True)
    make_pot(price_from_minor=9_000)
    filters = parse_filters({"price_max": ["20"], "stock": ["1"]})
    shelf = browse(text="teapot", filters=filters, ordering=ordering)
    assert (goods(shelf.products), shelf.ordering) == ([pot], ordering)


def test_a_search_stays_in_its_category() -> None:
    category = make_category()
    inside = make_pot(category=category)
    make_pot()
    assert found("teapot", category=category) == [inside]


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "\0龙井\0",
        'teapot" OR name:*',
        "{name} : x",
        "NEAR(teapot, 5)",
        "'); DROP TABLE catalog_product; --",
        "teapot:*&|!()<>",
        "%_\\",
        "_longjing",
        "a" * 100_000,
        "茶" * 100_000,
        "tea " * 30_000,
        "𠀀𠀁",
        "\u202e\u200b",
        "１",
        "😀",
        "é" * 50,
    ],
)
def test_no_text_can_break_a_search(text: str, django_assert_max_num_queries: QueryCount) -> None:
    make_tea()
    with django_assert_max_num_queries(8):
        browse(text=text)
    with django_assert_max_num_queries(4):
        suggest(text)
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "n_queries"),
    [("龙井", 5), ("longjing", 5), ("early spring", 5), ("longjng", 6), ("zzzzqqqq", 4)],
)
def test_a_search_takes_as_many_queries_for_any_number_of_results(
    text: str, n_queries: int, django_assert_num_queries: QueryCount
) -> None:
    for number in range(8):
        make_goods(
            name_zh_hans=f"明前龙井{number}",
            name_en=f"Early Spring Longjing {number}",
            has_stock=True,
        )
    with django_assert_num_queries(n_queries):
        browse(text=text)


def test_a_withdrawn_or_deleted_product_is_gone_at_once() -> None:
    withdrawn, deleted = make_pot(), make_pot()
    products.withdraw_products(products=Product.objects.filter(pk=withdrawn.pk))
    deleted.delete()
    assert found("teapot") == []
    assert suggest("teap").products == ()


def test_new_words_are_found_once_they_were_read() -> None:
    pot = make_pot()
    with translation.override("en"):
        pot.name = "Round kettle"
        pot.save()
    assert list(search_documents.pending()) == [pot]
    indexing.index_products(product_ids=[pot.pk])
    assert found("kettle") == [pot]
    assert browse(text="round teapot").is_loosened
    assert not SearchTerm.objects.filter(text="teapot", n_products__gt=0).exists()
    assert list(search_documents.pending()) == []


def test_products_that_a_program_wrote_wait_for_the_sweep(
    django_capture_on_commit_callbacks: Any,
) -> None:
    Product.objects.bulk_create(
        [Product(code="P1", slug="p1", name_en="Kettle", status=Product.Status.PUBLISHED)]
    )
    with django_capture_on_commit_callbacks() as sent:
        assert search_documents.sweep_pending() == 1
    assert len(sent) == 1
    tasks.index_products([*search_documents.pending().values_list("pk", flat=True), 10**9])
    assert [product.code for product in found("kettle")] == ["P1"]
    assert search_documents.sweep_pending() == 0


def test_messages_of_the_sweep_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    expire: list[Any] = []
    monkeypatch.setattr(
        search_documents, "send_on_commit", lambda *_job, **options: expire.append(options)
    )
    Product.objects.bulk_create([Product(code="P1", slug="p1", name_en="Kettle")])
    assert search_documents.sweep_pending() == 1
    assert expire == [{"expires_seconds": 60.0}]


def test_a_renamed_category_is_read_again_with_its_products() -> None:
    pot = make_pot(category=make_category(name_en="Kitchen"))
    assert found("kitchen") == [pot]
    category = pot.category
    assert category is not None
    category.name_en = "Scullery"
    categories.place_category(category=category, parent=None)
    assert list(search_documents.pending()) == [pot]
    indexing.index_products(product_ids=[pot.pk])
    assert found("scullery") == [pot]
    assert found("kitchen") == []


def test_what_changed_while_it_was_read_goes_on_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    pot = make_pot()

    def slowly(texts: Any) -> Any:
        search_documents.request_indexing(products=Product.objects.filter(pk=pot.pk))
        return terms_of(texts)

    search_documents.request_indexing(products=Product.objects.all())
    Product.objects.update(name_en="Kettle")
    monkeypatch.setattr("catalog.services.indexing.terms_of", slowly)
    indexing.index_products(product_ids=[pot.pk])
    assert list(search_documents.pending()) == [pot]


def test_reading_twice_counts_words_once() -> None:
    pot = make_pot()
    make_sku(product=pot, code="RT-1")
    for _round in range(2):
        call_command("reindex_products")
        indexing.index_products(product_ids=[pot.pk])
    assert SearchTerm.objects.get(text="teapot").n_products == 1
    assert found("rt 1") == [pot]


def test_a_recheck_finds_what_nothing_told() -> None:
    pot, gone = make_pot(), make_goods(name_en="Cauldron")
    Product.objects.filter(pk=pot.pk).update(name_en="Kettle", name_zh_hans="水壶")
    gone.delete()
    assert list(search_documents.pending()) == []
    call_command("reindex_products", "--changed")
    assert found("kettle") == [pot]
    assert not SearchTerm.objects.filter(text__in=["cauldron", "teapot"]).exists()
    assert SearchDocument.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_others_can_write_while_words_are_counted() -> None:
    pot = make_pot()
    SearchTerm.objects.filter(text="teapot").update(n_products=9)
    written: list[bool] = []

    def write_beside(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Another product is read while the words of all are being counted."""
        answer = execute(sql, params, many, context)
        if not written and "catalog_searchdocument" in sql and "UNION ALL" in sql:
            written.append(connection.in_atomic_block)
            with ThreadPoolExecutor(max_workers=1) as job:
                job.submit(read_another).result()
        return answer

    def read_another() -> None:
        try:
            make_pot(name_en="Square Teapot")
        finally:
            connection.close()

    with connection.execute_wrapper(write_beside):
        indexing.tidy_index()
    assert written == [False]
    counts = dict(SearchTerm.objects.values_list("text", "n_products"))
    assert counts["square"] == 1
    # Its count changed meanwhile, so it waits for the next time.
    assert counts["teapot"] == 10
    indexing.tidy_index()
    counts = dict(SearchTerm.objects.values_list("text", "n_products"))
    assert (counts["square"], counts["teapot"]) == (1, 2)
    Product.objects.filter(pk=pot.pk).delete()
    indexing.tidy_index()
    counts = dict(SearchTerm.objects.values_list("text", "n_products"))
    assert counts["teapot"] == 1
    assert "round" not in counts


def test_values_that_products_share_are_one_option() -> None:
    colour = Attribute.objects.create(code="colour", name_en="Colour", name_zh_hans="颜色")
    for name in ("Red", "red "):
        ProductAttribute.objects.create(
            product=make_product(), attribute=colour, value_en=name.strip(), value_zh_hans="红"
        )
    ProductAttribute.objects.create(product=make_product(), attribute=colour, value_zh_hans="蓝")
    indexing.reindex_all()
    for language, labels in (("en", {"Red", "蓝"}), ("zh-hans", {"红", "蓝"})):
        with translation.override(language):
            facet = next(facet for facet in browse().facets if facet.code == "attr_colour")
        assert {option.label for option in facet.options} == labels
        assert [(option.value, option.count) for option in facet.options] == [("red", 2), ("蓝", 1)]


def synonym(words: str, found_words: str = "") -> SearchSynonym:
    kind = SearchSynonym.Kind.ONE_WAY if found_words else SearchSynonym.Kind.EQUAL
    return save_synonym(synonym=SearchSynonym(kind=kind, words=words, found_words=found_words))


def test_synonyms_find_each_other_from_the_next_search_on() -> None:
    pot = make_pot()
    assert found("brewing vessel") == []
    group = synonym("Teapots，brewing vessel、泡茶器")
    for text in ("brewing vessels", "泡茶器", "泡茶器 round", "teapot"):
        assert found(text) == [pot], text
        assert browse(text=text).correction == ""
    group.is_active = False
    save_synonym(synonym=group)
    assert found("泡茶器") == []


def test_a_synonym_of_one_direction_leads_there_only() -> None:
    cup, mug = make_goods(name_en="Cup"), make_goods(name_en="Mug")
    synonym("mug", "cup")
    assert set(found("mug")) == {cup, mug}
    assert found("cup") == [cup]


@pytest.mark.parametrize(("words", "found_words"), [("mug", ""), (" , ,", ""), ("mug", "mugs")])
def test_a_synonym_needs_another_word(words: str, found_words: str) -> None:
    with pytest.raises(SynonymsTooFewError):
        synonym(words, found_words)
    assert SearchSynonym.objects.count() == 0


def test_staff_write_synonyms_in_the_back_office(client: Any) -> None:
    client.force_login(make_staff(is_superuser=True))
    pot = make_pot()
    address = reverse("admin:catalog_searchsynonym_add")
    form = {"kind": "equal", "words": "teapot", "found_words": "", "is_active": "on"}
    assert b"Give two different words at least." in client.post(address, form).content
    assert SearchSynonym.objects.count() == 0
    assert client.post(address, {**form, "words": "teapot, brewer"}).status_code == 302
    assert found("brewer") == [pot]
    assert client.get(reverse("admin:catalog_searchsynonym_changelist")).status_code == 200


def test_suggestions_complete_words_and_name_places_and_products(
    django_assert_num_queries: QueryCount,
) -> None:
    tea = make_tea()
    with django_assert_num_queries(3):
        offered = suggest("tea")
        assert [place.name for place in offered.places] == ["Tea & Teaware"]
        assert offered.completions == ("teaware",)
        assert offered.products == (tea,)
        assert str(offered.products[0]) == "Early Spring Longjing"
    assert suggest("early lon").completions == ("early longjing",)
    assert suggest("longj").products == (tea,)
    assert suggest("mqlj").products == (tea,)
    assert suggest("龙").completions == ("龙井",)
    with translation.override("zh-hans"):
        assert [place.name for place in suggest("茶").places] == ["茶与茶器"]
    assert suggest("t").are_empty
    assert suggest("").are_empty


def test_queries_are_parted_by_the_vocabulary(django_assert_num_queries: QueryCount) -> None:
    make_tea()
    with django_assert_num_queries(1):
        query = understand("明前龙井茶")
    assert [word.text for word in query.words] == ["明前", "龙井", "茶"]
