//! Icons of the font that comes with PatternFly.

use yew::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Add,
    Building,
    Check,
    Clock,
    Close,
    Copy,
    Danger,
    Down,
    Download,
    Edit,
    Eye,
    File,
    Hand,
    History,
    Home,
    Info,
    Inbox,
    Language,
    Laptop,
    Menu,
    Moon,
    Offline,
    Pause,
    Retry,
    Running,
    Search,
    SignOut,
    Sort,
    SortDown,
    SortUp,
    Sun,
    Ticket,
    Tick,
    Trash,
    User,
    Warning,
}

impl Glyph {
    const fn class(self) -> &'static str {
        match self {
            Self::Add => "fa-plus",
            Self::Building => "fa-building",
            Self::Check => "fa-check-circle",
            Self::Clock => "fa-clock",
            Self::Close => "fa-times",
            Self::Copy => "fa-copy",
            Self::Danger => "fa-exclamation-circle",
            Self::Down => "fa-caret-down",
            Self::Download => "fa-download",
            Self::Edit => "fa-pencil-alt",
            Self::Eye => "fa-eye",
            Self::File => "fa-file-invoice",
            Self::Hand => "fa-hand-paper",
            Self::History => "fa-history",
            Self::Home => "fa-home",
            Self::Info => "fa-info-circle",
            Self::Inbox => "fa-inbox",
            Self::Language => "fa-globe",
            Self::Laptop => "fa-laptop",
            Self::Menu => "fa-bars",
            Self::Moon => "fa-moon",
            Self::Offline => "fa-plug",
            Self::Pause => "fa-pause-circle",
            Self::Retry => "fa-redo",
            Self::Running => "fa-play-circle",
            Self::Search => "fa-search",
            Self::SignOut => "fa-sign-out-alt",
            Self::Sort => "fa-arrows-alt-v",
            Self::SortDown => "fa-long-arrow-alt-down",
            Self::SortUp => "fa-long-arrow-alt-up",
            Self::Sun => "fa-sun",
            Self::Ticket => "fa-receipt",
            Self::Tick => "fa-check",
            Self::Trash => "fa-trash",
            Self::User => "fa-user-circle",
            Self::Warning => "fa-exclamation-triangle",
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct IconProps {
    pub name: Glyph,
}

/// An icon. Says nothing to screen readers: the text beside it does.
#[component(Icon)]
pub fn icon(props: &IconProps) -> Html {
    html! { <i class={classes!("fas", "fa-fw", props.name.class())} aria-hidden="true"></i> }
}
