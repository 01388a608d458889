"""`assistant serve`: the web chat and the HTTP API. `assistant key`: who may use them from elsewhere."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.terminal.options import FILE, llm_option
from corpus.errors import AssistantError

if TYPE_CHECKING:
    from assistant.engine import Engine


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 7860]")
@click.option("--api-keys", type=FILE, metavar="FILE", help="Only who has a key of this file may ask.")
@llm_option
def serve(host: str | None, port: int | None, api_keys: Path | None, llm: str | None) -> None:
    """Serve the web chat and the HTTP API until Ctrl-C.

    An address that others can reach needs API keys; `assistant key NAME` makes one.
    """
    from assistant.serving import note
    from assistant.serving.address import bind, is_loopback, url_of
    from assistant.serving.keys import Keys
    from assistant.serving.standby import Standby
    from assistant.settings import load_settings
    from assistant.terminal.show import complain

    settings = load_settings(host=host, port=port, llm=llm, api_keys_file=api_keys)
    keys = Keys.of(settings)
    keys.require_for(settings.host)
    door = bind(settings.host, settings.port)
    complain("Starting; the models are being loaded.")

    def open_engine() -> "Engine":
        from assistant.engine import Engine

        return Engine.open(settings)

    standby = Standby(open_engine)
    standby.start()  # now, so that loading overlaps with the import of the web page
    from assistant.serving.server import Server, create_app

    def announce() -> None:
        try:
            standby.wait()
        except AssistantError as error:
            complain(str(error))
        else:
            if is_loopback(settings.host) and not keys:
                note.leave(url_of(door), settings.llm)
            click.echo(f"Ready at {url_of(door)} (Ctrl-C stops)")

    if settings.log == "json":
        from assistant.serving.journal import write_json

        write_json()
    app = create_app(standby, settings.host, settings)
    try:
        Server(app, door, threading.Thread(target=announce, daemon=True).start).run()
    except KeyboardInterrupt:
        complain("Stopped.")
    finally:
        note.take_away()


@click.command()
@click.argument("name")
@click.option("--file", type=FILE, default="keys.txt", show_default=True, help="Where its hash is kept.")
def key(name: str, file: Path) -> None:
    """Make an API key for NAME and print it, once; only its hash is kept."""
    from assistant.serving.keys import issue
    from assistant.terminal.show import complain, say

    say(issue(name, file))
    complain(f"Serve with it: assistant serve --host 0.0.0.0 --api-keys {file}")
