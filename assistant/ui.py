"""The web door: a chat page over the engine, mounted beside the API in one application."""

import logging
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

# Read by Gradio and the hub client when they are imported: nothing may leave this machine.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

import gradio as gr
from fastapi import FastAPI

from assistant import rendering
from assistant.answer import Citation, Event, Language, Retrieved, Token, Turn
from assistant.api import MAX_HISTORY, MAX_QUESTION
from assistant.gate import AllowList
from assistant.standby import Standby
from assistant.strings import STRINGS, Strings, strings
from corpus.errors import AssistantError

log = logging.getLogger(__name__)

Messages = list[dict[str, Any]]

ROUTES = frozenset(
    {
        ("GET", "/"),
        ("GET", "/config"),
        ("GET", "/favicon.ico"),
        ("GET", "/theme.css"),
        ("GET", "/assets/*"),
        ("GET", "/static/*"),
        ("GET", "/gradio_api/heartbeat/*"),
        ("GET", "/gradio_api/queue/data"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/reset"),
        ("GET", "/gradio_api/startup-events"),
    }
)
"""The routes of Gradio that a chat page uses; all others stay closed."""

CONCURRENT_ANSWERS = 4
HERE = Path(__file__).parent

THEME = gr.themes.Base(
    primary_hue="teal",
    neutral_hue="stone",
    radius_size="md",
    font=["system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)


class Conversation:
    """What was said on one page: `turns` for the engine, `messages` as shown. Kept by the server."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.messages: Messages = []
        self.question = ""

    def ask(self, text: str) -> Messages:
        """Show a question that `converse` will answer; gives the messages."""
        self.question = text
        if self.messages:
            self.messages[-1]["options"] = []
        return self.show("user", rendering.question(text)) if text.strip() else self.messages

    def show(self, role: str, content: str, replies: Sequence[str] = ()) -> Messages:
        """Append a message, or go on with the last one of the same role; gives the messages."""
        if self.messages and self.messages[-1]["role"] == role:
            self.messages.pop()
        options = [{"value": reply, "label": reply} for reply in replies]
        self.messages.append({"role": role, "content": content, "options": options})
        return self.messages


def mount(app: FastAPI, standby: Standby) -> FastAPI:
    """Serve the page at / of `app`; routes that `app` already has go first."""
    gr.mount_gradio_app(
        app,
        create_page(standby),
        path="/",
        theme=THEME,
        head=f"<style>{(HERE / 'ui.css').read_text('utf-8')}</style>",  # `css` would be rewritten
        favicon_path=str(HERE / "favicon.svg"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )
    page = app.routes[-1]
    page.app = AllowList(page.app, ROUTES)  # type: ignore[attr-defined]
    return app


def create_page(standby: Standby) -> gr.Blocks:
    """The page: header with the language switch, chat, question box."""
    words = strings("en")
    with gr.Blocks(title=f"{words.title} · {STRINGS['zh'].title}", fill_height=True) as page:
        conversation = gr.State(Conversation)
        with gr.Row(elem_id="header"):
            header = gr.Markdown(_header("en"), elem_id="title")
            language = gr.Radio(
                [("中文", "zh"), ("English", "en")],
                value="en",
                show_label=False,
                label="Language · 语言",
                container=False,
                elem_id="language",
            )
        status = gr.Markdown(visible=False, elem_id="status")
        chat = gr.Chatbot(
            elem_id="chat",
            show_label=False,
            label="Chat",
            container=False,
            scale=1,
            height="100%",
            layout="panel",
            buttons=[],
            allow_tags=False,
            latex_delimiters=[],
            feedback_options=None,
            placeholder=_welcome("en"),
            examples=_examples("en"),
        )
        question = gr.Textbox(
            placeholder=words.placeholder,
            label=words.ask,
            show_label=False,
            container=False,
            submit_btn=True,
            max_length=MAX_QUESTION,
            max_lines=6,
            autofocus=True,
            elem_id="question",
        )
        with gr.Row(elem_id="footer"):
            footer = gr.Markdown(_footer("en"))
            new_chat = gr.Button(words.new_chat, size="sm", variant="secondary", elem_id="new-chat", scale=0)

        def take(text: str, talk: Conversation) -> tuple[Any, Messages]:
            return _busy(), talk.ask(text)

        def take_example(talk: Conversation, event: gr.SelectData) -> tuple[Any, Messages]:
            return take(event.value["text"], talk)

        def take_reply(talk: Conversation, event: gr.SelectData) -> tuple[Any, Messages]:
            return take(str(event.value), talk)

        def on(event: Any, function: Any, inputs: Any, outputs: Any, **more: Any) -> Any:
            """Attach a function to an event of the page, closed to API clients."""
            quiet = {"concurrency_limit": None, "show_progress": "hidden", "api_visibility": "private"}
            return event(function, inputs, outputs, **quiet | more)

        answers = []
        for taken in (
            on(question.submit, take, [question, conversation], [question, chat]),
            on(chat.example_select, take_example, conversation, [question, chat]),
            on(chat.option_select, take_reply, conversation, [question, chat]),
        ):
            answers.append(
                on(
                    taken.then,
                    partial(converse, standby),
                    [conversation, language],
                    chat,
                    concurrency_limit=CONCURRENT_ANSWERS,
                    concurrency_id="answers",
                )
            )
            on(answers[-1].then, _idle, None, question)
        on(question.stop, None, None, None, cancels=answers)
        on(new_chat.click, _start_anew, None, [conversation, chat], cancels=answers)
        on(language.change, _relabel, language, [header, chat, question, footer, new_chat])
        on(page.load, _preferred, None, language)
        on(page.load, partial(_until_ready, standby), None, status)
    return page


def converse(standby: Standby, talk: Conversation, language: Language) -> Iterator[Messages]:
    """Answer what was asked and yield the messages to show after every event; errors become sentences."""
    text, talk.question = talk.question, ""
    if not text.strip():
        yield talk.messages
        return
    words = strings(language)
    if standby.opening:
        yield talk.show("assistant", rendering.note(words.loading))
    said = ""
    try:
        with closing(_answering(standby, text, talk.turns)) as steps:
            for step in steps:
                said = step.said
                yield talk.show("assistant", step.show(words), step.replies)
    except AssistantError as error:
        yield talk.show("assistant", rendering.note(str(error)))
    except Exception:
        log.exception("an answer broke off")
        yield talk.show("assistant", rendering.note(words.failed))
    finally:
        if said:
            talk.turns += [Turn(role="user", content=text), Turn(role="assistant", content=said)]


@dataclass(frozen=True)
class _Step:
    """The answer so far, how to show it, and what one may reply with a click."""

    said: str
    show: Callable[[Strings], str]
    replies: tuple[str, ...] = ()


def _answering(standby: Standby, text: str, turns: Sequence[Turn]) -> Generator[_Step, None, None]:
    """A step for every event. Closing it stops the engine."""
    said, citations = "", list[Citation]()
    stream = standby.wait().stream(text, turns[-MAX_HISTORY:])
    with closing(cast(Generator[Event, None, None], stream)) as events:
        for event in events:
            if isinstance(event, Retrieved):
                yield _Step(said, partial(rendering.reading, event.passages))
            elif isinstance(event, Token):
                said, citations = said + event.text, citations + event.citations
                yield _Step(said, partial(rendering.partial, said, citations))
            else:
                answer = event.answer
                replies = (
                    tuple(option["label"] for option in answer.ask_next.options) if answer.ask_next else ()
                )
                yield _Step(answer.answer, partial(rendering.whole, answer), replies)


def _until_ready(standby: Standby) -> Iterator[Any]:
    """Say that the models are loading, then nothing, or what kept them from loading."""
    if standby.opening:
        both = " ".join(words.loading for words in STRINGS.values())
        yield gr.Markdown(rendering.note(both), visible=True)
    try:
        standby.wait()
    except AssistantError as error:
        yield gr.Markdown(rendering.note(str(error)), visible=True)
    else:
        yield gr.Markdown(visible=False)


def _start_anew() -> tuple[Conversation, list[Any]]:
    return Conversation(), []


def _busy() -> Any:
    return gr.Textbox(value="", submit_btn=False, stop_btn=True)


def _idle() -> Any:
    return gr.Textbox(submit_btn=True, stop_btn=False)


def _preferred(request: gr.Request) -> Language:
    """The language that the browser asks for first."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def _relabel(language: Language) -> list[Any]:
    words = strings(language)
    return [
        gr.Markdown(_header(language)),
        gr.Chatbot(placeholder=_welcome(language), examples=_examples(language)),
        gr.Textbox(placeholder=words.placeholder, label=words.ask),
        gr.Markdown(_footer(language)),
        gr.Button(words.new_chat),
    ]


def _header(language: Language) -> str:
    words = strings(language)
    return f'<h1 lang="{language}">{words.title} <span class="as-of">{words.as_of}</span></h1>'


def _welcome(language: Language) -> str:
    return f'<div class="welcome" lang="{language}">{strings(language).subtitle}</div>'


def _footer(language: Language) -> str:
    return f'<p lang="{language}">{strings(language).footer}</p>'


def _examples(language: Language) -> list[dict[str, str]]:
    return [{"text": text} for text in strings(language).examples]
