"""HOW does the command line speak? Answers on standard output, complaints and progress on standard error."""

from pydantic import ValidationError
from rich.console import Console

from ajx_gateway.settings import Settings, SettingsFault

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def complain(text: str) -> None:
    """One paragraph on standard error; never interpreted as markup, whatever a path contains."""
    err.print(f"错误：{text}", style="red", markup=False, soft_wrap=True)


def read_settings(**given: object) -> Settings:
    """The environment with the command's own options over it; a bad value is named, never shown."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as faults:
        lines = [
            f"AJX_{str(fault['loc'][0]).upper() if fault['loc'] else '*'}：{fault['msg']}"
            for fault in faults.errors(include_input=False, include_context=False, include_url=False)
        ]
        raise SettingsFault("环境变量有误（见 docs/settings.md）：\n" + "\n".join(lines)) from None
