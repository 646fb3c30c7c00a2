"""Looking after an order without an account."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from orders.errors import WrongCodeError
from orders.models import OrderAccessCode
from orders.services import access
from outbox.models import Email
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db
GUEST = "li@example.org"


def ask(*, email: str = GUEST, number: str = "ZG1") -> tuple[str, str]:
    """The browser's token and the code of the letter; no code where no letter was written."""
    n_before = Email.objects.count()
    token = access.request_access(email=email, number=number, language="en")
    access.send_access_code(request_id=OrderAccessCode.objects.get(token=token).pk)
    if Email.objects.count() == n_before:
        return token, ""
    letter = Email.objects.order_by("pk").last()
    assert letter is not None
    (code,) = [word for word in letter.text.split() if word.isdigit() and len(word) == 6]
    return token, code


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_of_the_letter_opens_the_order() -> None:
    order = make_order(number="ZG1", email=GUEST, language="zh-hans")
    token, code = ask()
    assert access.enter_access_code(token=token, code=code) == order
    letter = Email.objects.get()
    assert (letter.to, letter.language, letter.reference) == (GUEST, "zh-hans", "ZG1")
    assert letter.is_confidential
    assert letter.subject == "订单 ZG1 的验证码"


def test_upper_and_lower_case_of_the_address_make_no_difference() -> None:
    order = make_order(number="ZG1", email="Li@Example.org")
    token, code = ask(email="LI@example.ORG")
    assert access.enter_access_code(token=token, code=code) == order


def test_an_imported_order_is_proved_by_the_address_of_its_customer() -> None:
    order = make_order(number="ZG1", email="", customer=make_user(email=GUEST))
    token, code = ask()
    assert access.enter_access_code(token=token, code=code) == order


@pytest.mark.parametrize(
    ("email", "number"),
    [(GUEST, "ZG2"), ("wang@example.org", "ZG1"), ("nobody@example.org", "none")],
)
def test_what_does_not_belong_together_gets_no_letter_and_opens_nothing(
    email: str, number: str
) -> None:
    make_order(number="ZG1", email=GUEST)
    make_order(number="ZG2", email="wang@example.org")
    token, code = ask(email=email, number=number)
    assert code == ""
    for guess in ("", "000000", "123456"):
        with pytest.raises(WrongCodeError):
            access.enter_access_code(token=token, code=guess)


def test_asking_costs_the_same_whether_there_is_such_an_order(
    django_assert_num_queries: Any,
) -> None:
    make_order(number="ZG1", email=GUEST)
    with django_assert_num_queries(3):
        access.request_access(email=GUEST, number="ZG1", language="en")
    with django_assert_num_queries(3):
        access.request_access(email=GUEST, number="none", language="en")


def test_the_code_stands_nowhere_but_in_the_letter() -> None:
    make_order(number="ZG1", email=GUEST)
    _token, code = ask()
    row = OrderAccessCode.objects.values().get()
    assert not any(code in str(value) for name, value in row.items() if name != "token")


def test_a_code_opens_once() -> None:
    make_order(number="ZG1", email=GUEST)
    token, code = ask()
    access.enter_access_code(token=token, code=code)
    with pytest.raises(WrongCodeError):
        access.enter_access_code(token=token, code=code)


def test_after_five_wrong_codes_the_right_one_no_longer_opens() -> None:
    make_order(number="ZG1", email=GUEST)
    token, code = ask()
    for _ in range(access.MAX_ATTEMPTS):
        with pytest.raises(WrongCodeError):
            access.enter_access_code(token=token, code=other_than(code))
    with pytest.raises(WrongCodeError):
        access.enter_access_code(token=token, code=code)
    assert OrderAccessCode.objects.get().used_at is None


def test_the_fifth_attempt_still_counts() -> None:
    order = make_order(number="ZG1", email=GUEST)
    token, code = ask()
    for _ in range(access.MAX_ATTEMPTS - 1):
        with pytest.raises(WrongCodeError):
            access.enter_access_code(token=token, code=other_than(code))
    assert access.enter_access_code(token=token, code=code) == order


def test_a_code_is_late_after_ten_minutes() -> None:
    make_order(number="ZG1", email=GUEST)
    token, code = ask()
    late = timezone.now() + access.CODE_HOLDS + timedelta(seconds=1)
    with time_machine.travel(late), pytest.raises(WrongCodeError):
        access.enter_access_code(token=token, code=code)


def test_the_code_of_one_browser_opens_nothing_in_another() -> None:
    make_order(number="ZG1", email=GUEST)
    _token, code = ask()
    other_token, _other_code = ask()
    with pytest.raises(WrongCodeError):
        access.enter_access_code(token=other_token, code=code)


def test_one_address_gets_five_letters_an_hour() -> None:
    make_order(number="ZG1", email=GUEST)
    codes = [ask()[1] for _ in range(access.MAX_CODES_AN_HOUR + 1)]
    assert all(codes[:-1])
    assert codes[-1] == ""
    later = timezone.now() + timedelta(hours=1, seconds=1)
    with time_machine.travel(later):
        assert ask()[1] != ""


def test_a_job_that_comes_twice_writes_one_letter() -> None:
    make_order(number="ZG1", email=GUEST)
    access.request_access(email=GUEST, number="ZG1", language="en")
    row = OrderAccessCode.objects.get()
    assert access.send_access_code(request_id=row.pk)
    assert not access.send_access_code(request_id=row.pk)
    assert Email.objects.count() == 1


def test_requests_whose_job_was_lost_are_found_and_old_ones_forgotten() -> None:
    with time_machine.travel(timezone.now() - access.KEPT_FOR - timedelta(hours=1)):
        access.request_access(email=GUEST, number="old", language="en")
    access.request_access(email=GUEST, number="new", language="en")
    assert access.sweep_access_codes() == 1
    assert OrderAccessCode.objects.get().number == "new"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_the_code_at_once_one_gets_in() -> None:
    make_order(number="ZG1", email=GUEST)
    token, code = ask()
    gate = threading.Barrier(4)
    opened: list[int] = []

    def work() -> None:
        gate.wait()
        try:
            opened.append(access.enter_access_code(token=token, code=code).pk)
        except WrongCodeError:
            pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(opened) == 1
