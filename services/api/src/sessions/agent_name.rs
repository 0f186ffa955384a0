//! A browser's name for people, out of what it sends as `User-Agent`.

const LIMIT_CHARS: usize = 60;

/// The first that is found counts: most browsers name the older ones, too.
const PROGRAMS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// `Chrome, Linux`, or the beginning of what it says of itself.
pub fn short(agent: &str) -> Option<String> {
    let found = |names: &[(&str, &'static str)]| {
        let name = names.iter().find(|(mark, _)| agent.contains(mark));
        name.map(|(_, name)| *name)
    };
    match (found(&PROGRAMS), found(&SYSTEMS)) {
        (Some(program), Some(system)) => Some(format!("{program}, {system}")),
        _ => {
            let plain = agent.chars().filter(|c| !c.is_control());
            let name: String = plain.take(LIMIT_CHARS).collect();
            Some(name.trim().to_owned()).filter(|name| !name.is_empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/150.0.0.0 Safari/537.36";
        assert_eq!(short(chrome).as_deref(), Some("Chrome, Linux"));
        let edge = format!("{chrome} Edg/150.0").replace("X11; Linux x86_64", "Windows NT 10.0");
        assert_eq!(short(&edge).as_deref(), Some("Edge, Windows"));
        assert_eq!(short("curl/8\u{7}").as_deref(), Some("curl/8"));
        assert_eq!(short(" \r\n"), None);
        assert_eq!(short(&"x".repeat(500)).map(|name| name.len()), Some(60));
    }
}
