from django.conf import settings

from tests import environment


def test_each_process_of_the_tests_has_its_own_folder_and_server() -> None:
    assert settings.VAR_DIR == environment.VAR_DIR
    if environment.EMBEDDED_VALKEY:
        assert settings.VALKEY_SOCKET.is_relative_to(environment.VAR_DIR)
    else:
        assert settings.REDIS_URL.endswith(f"/{environment.WORKER_NUMBER + 8}")
