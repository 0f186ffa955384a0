//! Which live picture goes with which event.
//!
//! Pictures are taken when the screen changes, and a step is recorded when it is done. What it led
//! to is the newest picture taken before the next step began; when that began at once, the first
//! one after this step. None in between means that the screen stayed as it was.

/// A live picture of a task's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Unix time in milliseconds when it was taken.
    pub at_ms: i64,
    pub jpeg: Vec<u8>,
}

/// Most pictures of one task in the report, and their size together.
pub const MOST: usize = 40;
pub const MOST_BYTES: usize = 2 << 20;

/// When an event was recorded, and when what it tells of began, in Unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from_ms: i64,
    pub at_ms: i64,
}

/// For each event, in order, its picture.
pub fn by_event(events: &[Span], pictures: &[Picture]) -> Vec<Option<usize>> {
    let next = |event: usize| events.get(event + 1);
    let place = |(event, span): (usize, &Span)| {
        let (began, until) = next(event).map_or((i64::MAX, i64::MAX), |n| (n.from_ms, n.at_ms));
        let within = |picture: &Picture| (span.at_ms..until).contains(&picture.at_ms);
        let mut own = pictures.iter().enumerate().filter(|(_, p)| within(p));
        let first = own.next()?;
        let newest = own.rfind(|(_, p)| p.at_ms < began).unwrap_or(first);
        Some(newest.0)
    };
    events.iter().enumerate().map(place).collect()
}

/// Takes pictures out, evenly, until the rest is not too many and not too large.
pub fn cap(place: &mut [Option<usize>], pictures: &[Picture], most: usize, most_bytes: usize) {
    let all: Vec<usize> = (0..place.len()).filter(|i| place[*i].is_some()).collect();
    let size = |event: usize| place[event].map_or(0, |p| pictures[p].jpeg.len());
    let mut keep = all.len().min(most);
    while keep > 0 && evenly(&all, keep).map(size).sum::<usize>() > most_bytes {
        keep -= 1;
    }
    let kept: Vec<usize> = evenly(&all, keep).collect();
    for event in all {
        if !kept.contains(&event) {
            place[event] = None;
        }
    }
}

/// That many of them, the last one included.
fn evenly(all: &[usize], keep: usize) -> impl Iterator<Item = usize> {
    (1..=keep).map(move |n| all[n * all.len() / keep - 1])
}
