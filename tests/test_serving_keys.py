"""API keys: how they are kept, who is let in, and that a server others can reach has them."""

import base64
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from doors import api_over, serving
from doubles import CannedEngine

from assistant.serving.keys import Keys, hashed, issue
from assistant.serving.server import create_app
from assistant.serving.standby import Standby
from assistant.settings import load_settings
from assistant.terminal.cli import cli
from corpus.errors import InputError

KEY = "a-key-of-sufficient-length"
OTHER = "another-key-of-good-length"
QUESTION = {"question": "What is there?"}


class TestKept:
    def test_by_name_as_a_hash(self, tmp_path: Path) -> None:
        file = tmp_path / "keys.txt"
        keys = {name: issue(name, file) for name in ("anna", "bob")}
        assert file.read_text() == "".join(f"{name} {hashed(key)}\n" for name, key in keys.items())
        read = Keys.read("", file)
        assert [read.name_of(key) for key in keys.values()] == ["anna", "bob"]
        assert read.name_of("wrong") is None

    def test_a_new_key_has_more_bits_than_anybody_can_try(self, tmp_path: Path) -> None:
        keys = {issue(f"n{number}", tmp_path / "keys.txt") for number in range(50)}
        assert len(keys) == 50
        assert all(len(key) >= 43 and key.startswith("fa-") for key in keys)

    def test_from_a_list_plain_or_hashed_named_or_not(self) -> None:
        keys = Keys.read(f"{KEY}, anna {hashed(OTHER)},", None)
        assert (keys.name_of(KEY), keys.name_of(OTHER)) == ("key-1", "anna")
        assert KEY not in repr(vars(keys))

    def test_remarks_and_empty_lines_mean_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "keys.txt"
        file.write_text(f"# ours\n\nanna {hashed(KEY)}  # since May\n")
        assert Keys.read("", file).name_of(KEY) == "anna"

    def test_without_keys_there_are_none(self) -> None:
        assert not Keys.read("", None)

    def test_the_setting_does_not_show_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ASSISTANT_API_KEYS", KEY)
        settings = load_settings()
        assert KEY not in repr(settings)
        assert Keys.of(settings).name_of(KEY) == "key-1"

    @pytest.mark.parametrize(
        ("listed", "words"),
        [
            ("short", "entry 1 of ASSISTANT_API_KEYS the key has 5 characters; 16 are the least"),
            (f"{KEY},sha256:beef", "entry 2 of ASSISTANT_API_KEYS a hash was expected"),
            (f"one two {KEY}", "`NAME sha256:…` was expected"),
            (f"a/b {KEY}", "`NAME sha256:…` was expected"),
            (f"a {KEY}, a {OTHER}", "every name once"),
        ],
    )
    def test_says_what_is_wrong_without_telling_the_key(self, listed: str, words: str) -> None:
        with pytest.raises(InputError) as caught:
            Keys.read(listed, None)
        assert words in str(caught.value)
        assert KEY not in str(caught.value)

    def test_a_file_holds_no_plain_keys(self, tmp_path: Path) -> None:
        file = tmp_path / "keys.txt"
        file.write_text(f"anna {KEY}\n")
        with pytest.raises(InputError, match=r"line 1 of .*a hash was expected"):
            Keys.read("", file)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"nowhere\.txt cannot be read"):
            Keys.read("", tmp_path / "nowhere.txt")

    @pytest.mark.parametrize("name", ["", "two words", "a/b", "x" * 65, "anna"])
    def test_a_name_is_fit_and_free(self, tmp_path: Path, name: str) -> None:
        issue("anna", tmp_path / "keys.txt")
        with pytest.raises(InputError, match=r"cannot name a key|has a key of anna already"):
            issue(name, tmp_path / "keys.txt")

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be written"):
            issue("anna", tmp_path / "nowhere" / "keys.txt")


class TestNeeded:
    @pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
    def test_not_on_this_machine_alone(self, host: str) -> None:
        Keys({}).require_for(host)

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.9", "example.org"])
    def test_where_others_reach_it(self, host: str) -> None:
        with pytest.raises(InputError, match="API keys are needed: `assistant key NAME"):
            Keys({}).require_for(host)
        Keys({"anna": hashed(KEY)}).require_for(host)

    def test_no_application_is_made_without(self) -> None:
        with pytest.raises(InputError, match="API keys are needed"):
            api_over(CannedEngine(), host="0.0.0.0")


@pytest.fixture(scope="module")
def url():
    with serving(api_over(CannedEngine(), host="0.0.0.0", api_keys=f"anna {KEY}, bob {OTHER}")) as url:
        yield url


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


class TestShown:
    @pytest.mark.parametrize("given", [f"Bearer {KEY}", f"bearer {OTHER}", basic(KEY)])
    def test_opens(self, url: str, given: str) -> None:
        reply = httpx.post(f"{url}/v1/ask", json=QUESTION, headers={"authorization": given})
        assert reply.status_code == 200

    @pytest.mark.parametrize(
        "given",
        ["", "Bearer", "Bearer x", KEY, f"Bearer {KEY}x", basic("x"), "Basic !", "Basic /w==", "Bearer ÿ"],
    )
    def test_nothing_else_does(self, url: str, given: str) -> None:
        headers = [(b"authorization", given.encode("latin-1"))]
        for path in ("/v1/ask", "/v1/search"):
            reply = httpx.post(f"{url}{path}", json=QUESTION, headers=headers)
            assert reply.status_code == 401
            assert reply.headers["www-authenticate"] == 'Bearer realm="assistant"'
            assert "Authorization: Bearer KEY" in reply.json()["detail"]

    def test_health_is_open_and_all_else_is_not(self, url: str) -> None:
        assert [httpx.get(f"{url}{path}").status_code for path in ("/healthz", "/readyz")] == [200, 200]
        document = httpx.get(f"{url}/openapi.json", headers={"authorization": f"Bearer {KEY}"}).json()
        closed = [path for path in document["paths"] if path not in ("/healthz", "/readyz")]
        assert len(closed) >= 9
        for path in [*closed, "/docs", "/openapi.json", "/", "/nothing"]:
            assert httpx.get(f"{url}{path}").status_code == 401, path

    def test_browsers_ask_their_user(self, url: str) -> None:
        assert httpx.get(f"{url}/docs").headers["www-authenticate"].startswith("Basic ")
        assert httpx.get(f"{url}/docs", headers={"authorization": basic(KEY)}).status_code == 200

    def test_openais_clients_get_their_error(self, url: str) -> None:
        error = httpx.get(f"{url}/v1/models").json()["error"]
        assert (error["type"], error["code"]) == ("authentication_error", "invalid_api_key")

    def test_a_key_on_this_machine_is_wanted_too(self) -> None:
        with serving(api_over(CannedEngine(), api_keys=KEY)) as url:
            assert httpx.get(f"{url}/v1/models").status_code == 401


class TestCommands:
    def test_key_prints_it_once_and_keeps_the_hash(self, tmp_path: Path) -> None:
        file = tmp_path / "keys.txt"
        done = CliRunner().invoke(cli, ["key", "anna", "--file", str(file)])
        key = done.stdout.strip()
        assert (done.exit_code, file.read_text()) == (0, f"anna {hashed(key)}\n")
        assert f"--api-keys {file}" in done.stderr

    def test_serve_refuses_to_start_where_others_reach_it(self) -> None:
        done = CliRunner().invoke(cli, ["serve", "--host", "0.0.0.0", "--port", "0"])
        assert isinstance(done.exception, InputError)
        assert "API keys are needed" in str(done.exception)


def test_the_page_is_behind_the_keys_too() -> None:
    app = create_app(Standby(CannedEngine), "0.0.0.0", load_settings(api_keys=KEY))
    with serving(app) as url:
        for path in ("/", "/config", "/gradio_api/queue/data", "/assets/x.js"):
            assert httpx.get(f"{url}{path}").status_code == 401, path
        page = httpx.get(f"{url}/", headers={"authorization": basic(KEY)})
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]
