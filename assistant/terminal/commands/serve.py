"""`assistant serve`: the web chat and the HTTP API."""

import threading
from typing import TYPE_CHECKING

import click

from assistant.terminal.options import llm_option
from corpus.errors import AssistantError

if TYPE_CHECKING:
    from assistant.engine import Engine


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 7860]")
@llm_option
def serve(host: str | None, port: int | None, llm: str | None) -> None:
    """Serve the web chat and the HTTP API until Ctrl-C."""
    from assistant.serving.address import bind, is_loopback, url_of
    from assistant.serving.standby import Standby
    from assistant.settings import load_settings
    from assistant.terminal.show import complain

    settings = load_settings(host=host, port=port, llm=llm)
    door = bind(settings.host, settings.port)
    complain("Starting; the models are being loaded.")
    if not is_loopback(settings.host):
        complain(f"Whoever reaches {settings.host} may ask: there are no keys yet.")

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
            click.echo(f"Ready at {url_of(door)} (Ctrl-C stops)")

    app = create_app(standby, settings.host)
    try:
        Server(app, door, threading.Thread(target=announce, daemon=True).start).run()
    except KeyboardInterrupt:
        complain("Stopped.")
