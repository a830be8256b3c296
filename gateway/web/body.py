"""Reading a request's body: its size, its type, and JSON that means one thing only."""

import io
import json
import math
import re
from collections.abc import Collection, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Request

from gateway.web.errors import NotJson, TooLarge, WrongMediaType
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid

DEEPEST: Final = 64
LARGEST: Final = 2**53 - 1  # RFC 8259, 6: beyond it, JavaScript and others lose digits
NOT_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
FORM_TYPES: Final = {"application/x-www-form-urlencoded", "multipart/form-data"}
JSON_TYPES: Final = {"application/json", "application/merge-patch+json"}


class _Repeated(dict[str, Any]):
    """An object in which a name came twice."""

    name: str


def read_json(request: Request, most: int, *, optional: bool) -> dict[str, Any]:
    """Return the object that the body holds; an empty one if there is no body and it is `optional`.

    Raises TooLarge, WrongMediaType, NotJson, Invalid.
    """
    content = read(request, most)
    if not content and optional:
        return {}
    if content:
        _check_type(request)
    value = parse(content)
    if not isinstance(value, dict):
        raise Invalid.field("", "not-a-json-object")
    return value


def read(request: Request, most: int) -> bytes:
    """Return the body. Raises TooLarge without reading one that says so itself."""
    if (request.content_length or 0) > most:
        raise TooLarge(most=most)
    content = bytes(request.environ["wsgi.input"].read(most + 1))
    if len(content) > most:
        raise TooLarge(most=most)
    return content


def read_form(
    request: Request, most: int, most_fields: int = 50, *, files: dict[str, bytes] | None = None
) -> dict[str, str]:
    """Return the fields of a page's form, and the text of the files that it brings; `files` takes those as they came.

    Without `files` it may bring none. What is not text in a file is replaced by a mark. Raises TooLarge,
    WrongMediaType, Invalid.
    """
    if files is not None and request.mimetype == "multipart/form-data":
        return _read_parts(request, most, most_fields, files)
    if request.mimetype != "application/x-www-form-urlencoded":
        raise WrongMediaType("A form is sent as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(read(request, most).decode("ascii"), keep_blank_values=True, max_num_fields=most_fields)
    except ValueError as error:
        raise Invalid.field("", "not-a-form") from error
    return {name: NOT_TEXT.sub("\ufffd", text) for name, text in pairs}


def _read_parts(request: Request, most: int, most_fields: int, brought: dict[str, bytes]) -> dict[str, str]:
    content = read(request, most)
    parser = FormDataParser(max_form_memory_size=most, max_form_parts=most_fields)
    try:
        _, form, files = parser.parse(io.BytesIO(content), request.mimetype, len(content), request.mimetype_params)
    except RequestEntityTooLarge as error:
        raise TooLarge("The form has too many parts.", most=most) from error
    except ValueError as error:
        raise Invalid.field("", "not-a-form") from error
    told = {name: NOT_TEXT.sub("\ufffd", text) for name, text in form.items()}
    for name, file in files.items():
        with file.stream:
            content = file.stream.read()
        brought[name] = content
        try:
            text = decoded(content)
        except UnicodeDecodeError:
            text = content.decode("utf-8", "replace")
        told[name] = NOT_TEXT.sub("\ufffd", text)
    return told


def check_one_click(request: Request, most: int) -> None:
    """Refuse a body that does not say `List-Unsubscribe=One-Click`, in either kind of form (RFC 8058, 3.2).

    Raises TooLarge, WrongMediaType, Invalid.
    """
    if request.mimetype not in FORM_TYPES:
        raise WrongMediaType("This is sent as multipart/form-data or application/x-www-form-urlencoded.")
    content = read(request, most)
    parser = FormDataParser(max_form_parts=10)
    try:
        _, form, _ = parser.parse(io.BytesIO(content), request.mimetype, len(content), request.mimetype_params)
    except RequestEntityTooLarge as error:
        raise TooLarge("The form has too many parts.", most=most) from error
    if form.getlist("List-Unsubscribe") != ["One-Click"]:
        raise Invalid.field("List-Unsubscribe", "not-one-click")


def decoded(content: bytes) -> str:
    """Return the text of a file: UTF-16 where its first bytes say so, or else UTF-8. Raises UnicodeDecodeError."""
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def read_csv(request: Request, most: int) -> str:
    """Return the sheet that the body holds, without the mark that some programmes put before it.

    Raises TooLarge, WrongMediaType, Invalid.
    """
    content = read(request, most)
    _check_coding(request)
    try:
        text = decoded(content)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Invalid.field(f"line {line}", "sheet-not-utf-8") from error
    if found := NOT_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise Invalid.field(f"line {line}", "not-text")
    return text


def read_bytes(request: Request, most: int, types: Collection[str]) -> bytes:
    """Return the body as it is, where it is of one of the media `types`. Raises TooLarge, WrongMediaType."""
    if request.mimetype not in types:
        raise WrongMediaType(f"The body must be one of these: {', '.join(types)}.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("A compressed body is not taken.")
    return read(request, most)


def _check_type(request: Request) -> None:
    if request.mimetype not in JSON_TYPES:
        raise WrongMediaType
    _check_coding(request)


def _check_coding(request: Request) -> None:
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise WrongMediaType
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("A compressed body is not taken.")


def parse(content: bytes) -> Any:
    """Return the JSON value in `content`. Raises NotJson, and Invalid with the path of what is ambiguous in it."""
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson from error
    if errors := [Fault(code).at(_shown(path)) for path, code in _faults(value)]:
        raise Invalid(errors[:100])
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    repeated = _Repeated(value)
    repeated.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return repeated


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _faults(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the path and the code of what services could understand differently. Raises NotJson if nested too deep.

    Goes through the value with a list of its own, so that no nesting can exhaust the stack.
    """
    ahead: list[tuple[str, Any, int]] = [("", value, 1)]
    while ahead:
        path, value, depth = ahead.pop()
        if isinstance(value, dict | list) and depth > DEEPEST:
            raise NotJson(f"Lists and objects are nested more than {DEEPEST} deep.")
        if code := _fault(value):
            yield path, code
        if isinstance(value, dict):
            if isinstance(value, _Repeated):
                yield _below(path, value.name), "repeated"
            for name, item in value.items():
                if NOT_TEXT.search(name):
                    yield _below(path, name), "name-not-text"
                ahead.append((_below(path, name), item, depth + 1))
        elif isinstance(value, list):
            ahead += [(_below(path, str(index)), item, depth + 1) for index, item in enumerate(value)]


def _fault(value: Any) -> str | None:
    if isinstance(value, str) and NOT_TEXT.search(value):
        return "not-text"
    if isinstance(value, int) and abs(value) > LARGEST:
        return "number-too-large"
    if isinstance(value, float) and not math.isfinite(value):
        return "number-too-large"
    return None


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(path: str) -> str:
    """Return a path that can be written as UTF-8, and is not longer than anybody reads."""
    return NOT_TEXT.sub("\ufffd", path[:200])
