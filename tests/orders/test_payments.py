"""Paying an order and paying it back: once each, exactly, and never more than came."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from orders.errors import (
    AlreadyPaidError,
    IdempotencyConflictError,
    NotAllowedNowError,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundTooLargeError,
    UnknownProviderError,
    WrongAmountError,
)
from orders.models import Order, Payment, Refund
from orders.services import payments
from orders.services.fulfilment import cancel_order
from orders.services.payments.protocol import Refunded, Standing, Started
from orders.services.payments.refunding import MOST_ATTEMPTS, RETRIES_AFTER
from orders.services.payments.testing import Answer, TestProvider, answer_test
from outbox.models import Email
from tests.factories import make_sku, make_stock_level, make_user
from tests.orders.factories import place

pytestmark = pytest.mark.django_db
HERE = "http://shop.example/thanks/"


class FlakyProvider(TestProvider):
    """A provider whose answers a test decides, in the order in which they are asked for."""

    code = "flaky"
    answers: list[Any] = []
    calls: list[tuple[str, str]] = []

    def start(self, payment: Payment, *, return_url: str) -> Started:
        return self._next("start", payment.idempotency_key)  # type: ignore[no-any-return]

    def look_up(self, payment: Payment) -> Standing:
        return self._next("look_up", payment.idempotency_key)  # type: ignore[no-any-return]

    def cancel(self, payment: Payment) -> Standing:
        return self._next("cancel", payment.idempotency_key)  # type: ignore[no-any-return]

    def refund(self, refund: Refund) -> Refunded:
        return self._next("refund", refund.send_key)  # type: ignore[no-any-return]

    def find_refund(self, refund: Refund) -> Refunded | None:
        return self._next("find_refund", refund.send_key)  # type: ignore[no-any-return]

    def _next(self, call: str, key: str) -> Any:
        FlakyProvider.calls.append((call, key))
        answer = FlakyProvider.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


NO_ANSWER = ProviderUnavailableError("flaky", reason="timed out")
NO = ProviderRefusedError("flaky", reason="the card was stolen")
KNOWN = Started("flaky-1", Payment.State.PENDING)
REFUNDED = Refunded("flaky-refund", Refund.State.DONE)


@pytest.fixture(autouse=True)
def _ways_to_pay(settings: Any) -> None:
    settings.PAYMENT_TEST = True
    settings.BANK_ACCOUNT = "6222 0000 0000 0001"
    settings.ON_DELIVERY_COUNTRIES = ["China"]
    settings.PAYMENT_PROVIDERS = [
        *settings.PAYMENT_PROVIDERS,
        "tests.orders.test_payments.FlakyProvider",
    ]
    FlakyProvider.answers = []
    FlakyProvider.calls = []


def an_order(*, price_minor: int = 2500, **fields: Any) -> Order:
    order = place({make_stock_level(sku=make_sku(price_minor=price_minor), on_hand=9).sku: 1})
    Order.objects.filter(pk=order.pk).update(**fields)
    order.refresh_from_db()
    return order


def started(order: Order, provider: str = "test") -> Payment:
    return payments.start_payment(order=order, provider=provider, return_url=HERE)


def paid(order: Order) -> Payment:
    return answer_test(payment=started(order), answer=Answer.SUCCEED)


def flaky(order: Order, *answers: Any) -> Payment:
    FlakyProvider.answers = list(answers)
    return started(order, "flaky")


def captured_by_flaky(order: Order) -> Payment:
    payment = flaky(order, Started("flaky-1", Payment.State.CAPTURED))
    FlakyProvider.calls = []
    return payment


def refund_of(order: Order, amount_minor: int, key: str = "r1", **fields: Any) -> Refund:
    return payments.request_refund(
        order=order, amount_minor=amount_minor, reason="broken cup", key=key, **fields
    )


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def test_an_order_is_paid_by_its_exact_total() -> None:
    order = an_order()
    payment = started(order)
    assert (payment.state, payment.amount_minor, payment.currency) == ("pending", 2500, "CNY")
    assert fresh(order).status == "placed"
    payment = answer_test(payment=payment, answer=Answer.SUCCEED)
    assert (payment.state, payment.captured_minor, payment.refunded_minor) == ("captured", 2500, 0)
    order = fresh(order)
    assert (order.status, order.paid_at, order.payment_provider) == (
        "paid",
        order.paid_at,
        "test",
    )
    assert order.paid_at is not None


def test_the_same_try_is_one_payment_however_often_it_is_begun() -> None:
    order = an_order()
    assert started(order) == started(order)
    assert Payment.objects.count() == 1


def test_after_a_failure_the_next_try_has_a_key_of_its_own() -> None:
    order = an_order()
    first = answer_test(payment=started(order), answer=Answer.FAIL)
    assert (first.state, first.failure) == ("failed", "The test payment was told to fail.")
    assert fresh(order).status == "placed"
    second = started(order)
    assert second.pk != first.pk
    assert second.idempotency_key != first.idempotency_key
    assert answer_test(payment=second, answer=Answer.SUCCEED).state == "captured"


def test_choosing_another_way_cancels_the_one_before() -> None:
    order = an_order()
    by_test = started(order)
    transfer = started(order, "bank_transfer")
    assert (fresh(by_test).state, transfer.state) == ("cancelled", "pending")
    order = fresh(order)
    assert (order.payment_provider, order.ships_before_payment) == ("bank_transfer", False)
    delivery = started(order, "on_delivery")
    order = fresh(order)
    assert (fresh(transfer).state, delivery.state) == ("cancelled", "pending")
    assert (order.ships_before_payment, order.payment_due_at) == (True, None)


def test_a_way_that_is_not_offered_starts_nothing(settings: Any) -> None:
    order = an_order()
    settings.BANK_ACCOUNT = ""
    settings.PAYMENT_TEST = False
    for provider in ("bank_transfer", "test", "nothing_due", "stripe", "none", ""):
        with pytest.raises(UnknownProviderError):
            started(order, provider)
    assert not Payment.objects.exists()


def test_the_test_provider_is_never_beside_a_live_account(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_1"
    offered = payments.available_providers(country="China", currency="CNY", total_minor=100)
    assert [choice.code for choice in offered] == ["stripe", "bank_transfer", "on_delivery"]


def test_what_costs_nothing_is_paid_at_once() -> None:
    order = an_order(goods_minor=2500, discount_minor=2500, total_minor=0)
    offered = payments.available_providers(country="China", currency="CNY", total_minor=0)
    assert [choice.code for choice in offered] == ["nothing_due"]
    assert started(order, "nothing_due").state == "captured"
    assert fresh(order).status == "paid"


def test_a_paid_or_cancelled_order_takes_no_payment() -> None:
    order = an_order()
    paid(order)
    with pytest.raises(AlreadyPaidError):
        started(order)
    other = an_order()
    cancel_order(order=other)
    with pytest.raises(NotAllowedNowError):
        started(other)
    assert Payment.objects.count() == 1


def test_a_transfer_is_there_when_staff_see_all_of_it() -> None:
    order, staff = an_order(), make_user(is_staff=True)
    payment = started(order, "bank_transfer")
    with pytest.raises(WrongAmountError, match=r"¥24\.99 came, but ¥25\.00 is due"):
        payments.receive_money(payment=payment, amount_minor=2499, user=staff)
    assert (fresh(payment).state, fresh(order).status) == ("pending", "placed")
    payments.receive_money(payment=payment, amount_minor=2500, user=staff)
    assert (fresh(payment).captured_minor, fresh(order).status) == (2500, "paid")
    assert order.status_changes.get(to_status="paid").changed_by == staff
    with pytest.raises(NotAllowedNowError):
        payments.receive_money(payment=payment, amount_minor=2500, user=staff)


def test_staff_cannot_say_that_a_providers_money_came() -> None:
    payment = started(an_order())
    with pytest.raises(NotAllowedNowError):
        payments.receive_money(payment=payment, amount_minor=2500)
    assert fresh(payment).state == "pending"


def test_a_provider_that_does_not_answer_is_asked_again_with_the_same_key() -> None:
    order = an_order()
    payment = flaky(order, NO_ANSWER)
    assert (payment.state, payment.reference) == ("started", "")
    FlakyProvider.answers = [KNOWN]
    assert started(order, "flaky").reference == "flaky-1"
    assert FlakyProvider.calls == [("start", payment.idempotency_key)] * 2


def test_a_provider_that_says_no_leaves_a_failed_try() -> None:
    payment = flaky(an_order(), NO)
    assert (payment.state, payment.failure) == ("failed", "the card was stolen")


def test_asking_reconciles_what_nobody_wrote_down() -> None:
    order = an_order()
    payment = flaky(order, NO_ANSWER)
    FlakyProvider.answers = [KNOWN]
    payments.ask_provider(payment=payment)
    assert fresh(payment).reference == "flaky-1"
    FlakyProvider.answers = [Standing(Payment.State.CAPTURED, 2500, "CNY", "money-1")]
    payments.ask_provider(payment=payment)
    assert (fresh(payment).state, fresh(payment).movement) == ("captured", "money-1")
    assert fresh(order).status == "paid"


def test_asking_does_not_believe_another_amount() -> None:
    order = an_order()
    payment = flaky(order, KNOWN)
    for standing in (
        Standing(Payment.State.CAPTURED, 2499, "CNY"),
        Standing(Payment.State.CAPTURED, 2501, "CNY"),
        Standing(Payment.State.CAPTURED, 2500, "JPY"),
        Standing(Payment.State.AUTHORISED, 1, "CNY"),
    ):
        FlakyProvider.answers = [standing]
        payments.ask_provider(payment=payment)
        assert (fresh(payment).state, fresh(order).paid_at) == ("pending", None)


def test_the_sweep_asks_about_silent_payments_in_turn() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        flaky(an_order(), KNOWN)
        started(an_order(), "bank_transfer")
        assert payments.sweep_payments() == 0
    with time_machine.travel(now + timedelta(minutes=3), tick=False):
        # The transfer is for people to see.
        assert payments.sweep_payments() == 1
        FlakyProvider.answers = [Standing(Payment.State.PENDING)]
        payments.ask_provider(payment=Payment.objects.get(provider="flaky"))
        assert payments.sweep_payments() == 0
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        assert payments.sweep_payments() == 1


def test_a_payment_that_needs_a_moment_comes_by_itself() -> None:
    order, now = an_order(), timezone.now()
    with time_machine.travel(now, tick=False):
        payment = answer_test(payment=started(order), answer=Answer.LATER)
        payments.ask_for_customer(order=order)
        assert fresh(payment).state == "pending"
    with time_machine.travel(now + timedelta(seconds=9), tick=False):
        payments.ask_for_customer(order=order)
    assert (fresh(payment).state, fresh(order).status) == ("captured", "paid")


def test_an_order_paid_twice_keeps_the_first_payment_and_returns_the_second() -> None:
    order = an_order()
    late = flaky(order, KNOWN)
    FlakyProvider.answers = [Standing(Payment.State.CANCELLED)]
    first = paid(order)
    assert (first.state, fresh(late).state) == ("captured", "cancelled")
    # It was cancelled too late: the customer had paid already.
    payments.settling.settle_standing(
        payment=late, standing=Standing(Payment.State.CAPTURED, 2500, "CNY")
    )
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_minor, refund.is_superfluous) == (late, 2500, True)
    FlakyProvider.answers = [REFUNDED]
    assert payments.send_refund(refund.pk) is True
    order = fresh(order)
    assert (order.status, order.refunded_minor) == ("paid", 0)
    assert fresh(first).refunded_minor == 0
    letter = Email.objects.get(kind="payment_returned")
    assert letter.reference == order.number
    assert "¥25.00" in letter.text
    assert "paid already" in letter.text


def test_money_for_a_cancelled_order_goes_back_by_itself() -> None:
    order = an_order()
    payment = flaky(order, KNOWN)
    cancel_order(order=order)
    payments.settling.settle_standing(
        payment=payment, standing=Standing(Payment.State.CAPTURED, 2500, "CNY")
    )
    assert (fresh(order).status, fresh(order).paid_at) == ("cancelled", None)
    assert (Refund.objects.get().amount_minor, fresh(payment).refunded_minor) == (2500, 2500)
    assert "after the order was cancelled" in Email.objects.get(kind="payment_returned").text


def test_cancelling_an_order_lets_go_of_its_open_payments() -> None:
    order = an_order()
    transfer = started(order, "bank_transfer")
    cancel_order(order=order)
    assert fresh(transfer).state == "cancelled"
    other = an_order()
    payment = flaky(other, KNOWN)
    cancel_order(order=other)
    FlakyProvider.answers = [NO_ANSWER]
    payments.cancel_payment(payment=payment)
    assert fresh(payment).state == "pending"
    assert list(Payment.objects.superfluous()) == [payment]
    FlakyProvider.answers = [Standing(Payment.State.CANCELLED)]
    payments.cancel_payment(payment=payment)
    assert fresh(payment).state == "cancelled"
    assert not Payment.objects.superfluous().exists()


def test_another_way_is_not_begun_where_the_first_one_was_paid_meanwhile() -> None:
    order = an_order()
    payment = flaky(order, KNOWN)
    FlakyProvider.answers = [Standing(Payment.State.CAPTURED, 2500, "CNY")]
    with pytest.raises(AlreadyPaidError):
        started(order, "bank_transfer")
    assert (Payment.objects.get(), fresh(order).status) == (payment, "paid")


def test_a_refund_is_promised_at_once_and_counted_when_it_is_done() -> None:
    order = an_order()
    payment = captured_by_flaky(order)
    refund = refund_of(order, 900, parts={"goods": 900})
    assert (refund.state, fresh(payment).refunded_minor, fresh(order).refunded_minor) == (
        "waiting",
        900,
        0,
    )
    FlakyProvider.answers = [REFUNDED]
    assert payments.send_refund(refund.pk) is True
    refund = fresh(refund)
    assert (refund.state, refund.reference, refund.attempts) == ("done", "flaky-refund", 1)
    assert fresh(order).refunded_minor == 900
    assert FlakyProvider.calls == [("refund", "r1:1")]
    assert payments.send_refund(refund.pk) is False
    assert len(FlakyProvider.calls) == 1


def test_the_same_request_is_the_same_refund() -> None:
    order = an_order()
    captured_by_flaky(order)
    assert refund_of(order, 900) == refund_of(order, 900)
    with pytest.raises(IdempotencyConflictError):
        refund_of(order, 901)
    assert (Refund.objects.count(), Payment.objects.get().refunded_minor) == (1, 900)


@pytest.mark.parametrize("amount_minor", [0, -1, 2501, 10**12])
def test_a_refund_beyond_what_was_paid_is_refused(amount_minor: int) -> None:
    order = an_order()
    captured_by_flaky(order)
    with pytest.raises(RefundTooLargeError):
        refund_of(order, amount_minor)
    assert not Refund.objects.exists()
    assert Payment.objects.get().refunded_minor == 0


def test_an_unpaid_order_has_nothing_to_pay_back() -> None:
    order = an_order()
    started(order)
    with pytest.raises(RefundTooLargeError):
        refund_of(order, 1)


def test_a_refund_that_nobody_answered_is_looked_for_before_it_is_sent_again() -> None:
    order = an_order()
    captured_by_flaky(order)
    refund = refund_of(order, 900)
    now = refund.next_attempt_at
    with time_machine.travel(now, tick=False):
        FlakyProvider.answers = [NO_ANSWER]
        payments.send_refund(refund.pk)
        refund = fresh(refund)
        assert (refund.state, refund.failure) == ("waiting", "timed out")
        assert refund.next_attempt_at == now + RETRIES_AFTER[0]
        assert payments.send_refund(refund.pk) is False
    with time_machine.travel(now + timedelta(minutes=2), tick=False):
        FlakyProvider.answers = [REFUNDED]
        assert payments.send_refund(refund.pk) is True
    assert [call for call, _key in FlakyProvider.calls] == ["refund", "find_refund"]
    assert fresh(order).refunded_minor == 900


def test_a_refused_refund_frees_its_promise_and_staff_try_again() -> None:
    order = an_order()
    payment = captured_by_flaky(order)
    refund = refund_of(order, 900)
    FlakyProvider.answers = [NO]
    payments.send_refund(refund.pk)
    refund = fresh(refund)
    assert (refund.state, refund.failure) == ("failed", "the card was stolen")
    assert (fresh(payment).refunded_minor, fresh(order).refunded_minor) == (0, 0)
    payments.retry_refund(refund=refund)
    assert fresh(payment).refunded_minor == 900
    with pytest.raises(NotAllowedNowError):
        payments.retry_refund(refund=refund)
    FlakyProvider.answers = [None, REFUNDED]
    assert payments.send_refund(refund.pk) is True
    # The same key would bring the same no.
    assert FlakyProvider.calls[-1] == ("refund", "r1:2")
    assert fresh(order).refunded_minor == 900


def test_a_refund_cannot_be_tried_again_when_its_money_is_gone() -> None:
    order = an_order()
    payment = captured_by_flaky(order)
    refund = refund_of(order, 900)
    FlakyProvider.answers = [NO]
    payments.send_refund(refund.pk)
    refund_of(order, 2000, key="r2")
    with pytest.raises(RefundTooLargeError, match=r"¥5\.00 is left"):
        payments.retry_refund(refund=refund)
    assert (fresh(refund).state, fresh(payment).refunded_minor) == ("failed", 2000)


def test_attempts_end_when_the_provider_answers_and_knows_nothing() -> None:
    order = an_order()
    payment = captured_by_flaky(order)
    refund = refund_of(order, 900)
    Refund.objects.filter(pk=refund.pk).update(attempts=MOST_ATTEMPTS + 5)
    FlakyProvider.answers = [NO_ANSWER]
    payments.send_refund(refund.pk)
    # Nobody knows: the money stays promised.
    assert (fresh(refund).state, fresh(payment).refunded_minor) == ("waiting", 900)
    Refund.objects.filter(pk=refund.pk).update(next_attempt_at=timezone.now())
    FlakyProvider.answers = [None]
    payments.send_refund(refund.pk)
    assert (fresh(refund).state, fresh(payment).refunded_minor) == ("failed", 0)


def test_a_refund_whose_process_died_is_sent_again() -> None:
    order, now = an_order(), timezone.now()
    captured_by_flaky(order)
    refund = refund_of(order, 900)
    Refund.objects.filter(pk=refund.pk).update(state="sending", claimed_at=now, attempts=1)
    assert payments.sweep_refunds() == 0
    with time_machine.travel(now + timedelta(minutes=11), tick=False):
        assert payments.sweep_refunds() == 1
        FlakyProvider.answers = [None, REFUNDED]
        assert payments.send_refund(refund.pk) is True


def test_a_refund_by_hand_is_done_when_staff_say_so() -> None:
    order = an_order()
    payment = started(order, "bank_transfer")
    payments.receive_money(payment=payment, amount_minor=2500)
    refund = refund_of(order, 2500)
    assert payments.send_refund(refund.pk) is False
    assert fresh(refund).state == "sending"
    payments.ask_about_refund(refund.pk)
    assert fresh(refund).state == "sending"
    payments.mark_refund_sent(refund=refund)
    assert (fresh(refund).state, fresh(order).refunded_minor) == ("done", 2500)
    with pytest.raises(NotAllowedNowError):
        payments.mark_refund_sent(refund=refund)
    assert fresh(order).refunded_minor == 2500


@pytest.mark.django_db(transaction=True)
def test_refunds_asked_for_at_once_never_exceed_what_was_paid() -> None:
    order = an_order(price_minor=10_00)
    captured_by_flaky(order)

    def ask(number: int) -> bool:
        try:
            refund_of(order, 300, key=f"r{number}")
        except RefundTooLargeError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(ask, range(8)))
    assert (sum(done), Refund.objects.count(), Payment.objects.get().refunded_minor) == (3, 3, 900)


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_two_workers_take_is_sent_once() -> None:
    order = an_order()
    captured_by_flaky(order)
    refund = refund_of(order, 900)
    FlakyProvider.answers = [REFUNDED]

    def send(_number: int) -> bool:
        try:
            return payments.send_refund(refund.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(send, range(4)))
    assert sorted(done) == [False, False, False, True]
    assert [call for call, _key in FlakyProvider.calls] == ["refund"]
    assert fresh(order).refunded_minor == 900


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_to_pay_at_once_begin_one_payment() -> None:
    order = an_order()

    def begin(_number: int) -> int:
        try:
            return started(order).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(begin, range(6)))) == 1
    assert Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_payments_that_come_at_once_leave_one() -> None:
    order = an_order()
    tries = [
        Payment.objects.create(
            order=order,
            provider="flaky",
            reference=f"flaky-{number}",
            state=Payment.State.PENDING,
            currency="CNY",
            amount_minor=2500,
            idempotency_key=f"try-{number}",
        )
        for number in range(4)
    ]

    def capture(payment: Payment) -> None:
        try:
            payments.settling.settle_standing(
                payment=payment, standing=Standing(Payment.State.CAPTURED, 2500, "CNY")
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(capture, tries))
    assert Payment.objects.captured().count() == 4
    assert Refund.objects.filter(is_superfluous=True, amount_minor=2500).count() == 3
    assert fresh(order).status == "paid"
    assert order.status_changes.filter(to_status="paid").count() == 1


def test_a_refund_above_one_payment_is_split_newest_first() -> None:
    order = an_order()
    older, newer, twice = (
        Payment.objects.create(
            order=order,
            provider="bank_transfer",
            state=Payment.State.CAPTURED,
            currency="CNY",
            amount_minor=amount_minor,
            captured_minor=amount_minor,
            captured_at=timezone.now() + timedelta(minutes=number),
            idempotency_key=f"part-{number}",
        )
        for number, amount_minor in enumerate((1500, 1000, 2500))
    )
    payments.settling.pay_back(twice, reason="paid twice")
    # The money of the payment that was paid twice is no part of it, even while it is still here.
    refunding = {"goods": 1800, "shipping": 200, "lines": {"7": 1}}
    for _ in range(2):
        first = refund_of(order, 2000, parts=refunding)
    parts = list(Refund.objects.filter(is_superfluous=False).order_by("pk"))
    assert [(part.payment, part.amount_minor) for part in parts] == [(newer, 1000), (older, 1000)]
    assert (first, parts[0].parts["lines"], parts[1].parts) == (
        parts[0],
        {"7": 1},
        {"goods": 800, "shipping": 200, "lines": {}},
    )
    with pytest.raises(RefundTooLargeError, match=r"¥5\.00 is left"):
        refund_of(order, 501, key="r2")
    assert (fresh(older).refunded_minor, fresh(newer).refunded_minor) == (1000, 1000)
    assert refund_of(order, 500, key="r3").payment == older
