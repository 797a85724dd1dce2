"""How the page looks: its colours and type, what grows with the window, a narrow window, and presentation mode."""

from __future__ import annotations

_NARROW = "@media (max-width: 999.95px)"
_PRESENTING = "&[data-presenting]"  # set by `Presenting`
_ENLARGED = 1.5  # text is then 18 px and more

LOOK = {
    "& .MuiAppBar-root": {
        "backgroundColor": "background.paper",
        "backgroundImage": "none",  # in dark, bars that lie higher would be lighter
        "color": "text.primary",
        "boxShadow": "none",
        "borderBottom": "1px solid",
        "borderColor": "divider",
        "--jw-wrap": "nowrap",  # toolbars there stay on one line; what does not fit ends in an ellipsis
        "--jw-clip": "hidden",
        "--jw-least": "0",
        "--jw-shrink": "0",  # of all but the first, the name of the model
    },
    "& .MuiToolbar-root": {"minHeight": "48px !important"},
    "& .MuiAppBar-root .title": {"fontSize": "1.05rem", "color": "text.primary", "whiteSpace": "nowrap"},
    "& .MuiAppBar-root .MuiBox-root": {"minWidth": 0},
    "& .MuiAppBar-root .MuiBox-root:has(.title)": {"flexShrink": 0},  # else the status begins on its last letters
    "@media (prefers-reduced-motion: reduce)": {"& *": {"transition": "none !important"}},
    "& .MuiLinearProgress-root": {"display": "none"},  # it has no name for those who hear it, and nothing to tell
    "& .Mui-focusVisible": {"outline": "2px solid", "outlineColor": "primary.main", "outlineOffset": "1px"},
    "& .main-content": {"--jw-grows": "1"},  # see `growth` of the views
    _NARROW: {
        "& nav": {"width": "0 !important"},
        "& nav .MuiDrawer-paper": {"position": "fixed", "boxShadow": 8},
        "& main": {"marginLeft": "0 !important"},
        "& .MuiAppBar-root .title": {"display": "none"},
    },
    f"{_PRESENTING} nav": {"width": "0 !important", "overflow": "hidden", "visibility": "hidden"},
    f"{_PRESENTING} main": {"marginLeft": "0 !important"},
    f"{_PRESENTING} main .MuiToolbar-root": {"display": "none"},
    f"{_PRESENTING} .MuiAppBar-root": {"height": 0, "border": "none", "visibility": "hidden"},
    f"{_PRESENTING} .main-content": {"zoom": _ENLARGED},
}
_TYPE = {"fontFamily": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "fontSize": 13, "button": {"textTransform": "none"}}
THEME = {
    "light": {"palette": {"primary": {"main": "#2F5FD0"}, "background": {"default": "#FFFFFF", "paper": "#FFFFFF"}}, "typography": _TYPE},
    "dark": {"palette": {"primary": {"main": "#8FB0FF"}, "background": {"default": "#14171D", "paper": "#14171D"}}, "typography": _TYPE},
}
