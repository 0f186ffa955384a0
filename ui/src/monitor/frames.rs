//! Live pictures: taking one apart, showing the newest only, and what to say of its age. Pure.

use schemas::ws::FrameHeader;

/// A page that moves shows a picture at least this often.
const FRESH_MS: u64 = 5_000;
/// What the agent does shows on the picture within this time.
const SHOWS_WITHIN_MS: u64 = 2_000;
/// No header is longer.
const HEADER_BYTES: usize = 4_096;

/// Not a picture as the protocol has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Takes a binary frame apart: `u32` big-endian header length, header as JSON, JPEG.
///
/// # Errors
/// Anything else.
pub fn parse(bytes: &[u8]) -> Result<(FrameHeader, &[u8]), Malformed> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(Malformed)?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > HEADER_BYTES {
        return Err(Malformed);
    }
    let (header, jpeg) = rest.split_at_checked(length).ok_or(Malformed)?;
    let header: FrameHeader = serde_json::from_slice(header).map_err(|_| Malformed)?;
    let sane = header.width > 0.0 && header.height > 0.0 && header.media_type == "image/jpeg";
    (sane && !jpeg.is_empty())
        .then_some((header, jpeg))
        .ok_or(Malformed)
}

/// One picture is decoded at a time; of those that come meanwhile the newest waits.
#[derive(Debug)]
pub struct Newest<T> {
    busy: bool,
    waiting: Option<T>,
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self {
            busy: false,
            waiting: None,
        }
    }
}

impl<T> Newest<T> {
    /// A picture came: what to decode now.
    pub fn offer(&mut self, picture: T) -> Option<T> {
        if self.busy {
            self.waiting = Some(picture);
            return None;
        }
        self.busy = true;
        Some(picture)
    }

    /// The picture at work is done with: what to decode next.
    pub fn done(&mut self) -> Option<T> {
        let next = self.waiting.take();
        self.busy = next.is_some();
        next
    }
}

/// What to say of the picture shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// There is none.
    None,
    /// So many milliseconds old.
    Fresh(u64),
    /// Older, because nothing moves.
    Still,
    /// Older than what the agent has done since.
    Behind(u64),
    /// The feed is cut.
    Cut(u64),
}

/// What is known of a picture's time. All by the server's clock, in Unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub now_ms: u64,
    /// When the picture shown was taken.
    pub shown_ms: Option<u64>,
    /// When the agent last began something that shows.
    pub acted_ms: Option<u64>,
}

/// What to say of the picture shown.
pub fn look(times: Times, connected: bool) -> Look {
    let Some(shown) = times.shown_ms else {
        return Look::None;
    };
    let age = times.now_ms.saturating_sub(shown);
    if !connected {
        return Look::Cut(age);
    }
    if age <= FRESH_MS {
        return Look::Fresh(age);
    }
    // An action near the picture may be on it already: it is recorded when it is over.
    let unseen = |acted: u64| acted > shown + FRESH_MS && times.now_ms > acted + SHOWS_WITHIN_MS;
    match times.acted_ms.is_some_and(unseen) {
        true => Look::Behind(age),
        false => Look::Still,
    }
}

/// Seconds with one decimal, as a number to be put into words.
pub fn tenths(age_ms: u64) -> f64 {
    (age_ms / 100) as f64 / 10.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn binary(header: &str, jpeg: &[u8]) -> Vec<u8> {
        let mut bytes = (header.len() as u32).to_be_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(jpeg);
        bytes
    }

    const HEADER: &str =
        r#"{"number":7,"at_ms":5,"width":1280,"height":720.0,"media_type":"image/jpeg"}"#;

    #[test]
    fn a_picture_is_taken_apart() {
        let bytes = binary(HEADER, b"\xff\xd8");
        let (header, jpeg) = parse(&bytes).unwrap();
        assert_eq!((header.number, header.width), (7, 1280.0));
        assert_eq!(jpeg, b"\xff\xd8");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let svg = HEADER.replace("jpeg", "svg+xml");
        let flat = HEADER.replace("720.0", "0");
        for bytes in [
            vec![],
            vec![0, 0, 0],
            vec![0xff; 40],
            binary(HEADER, b""),
            binary("{}", b"x"),
            binary(&svg, b"x"),
            binary(&flat, b"x"),
        ] {
            assert_eq!(parse(&bytes).err(), Some(Malformed), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }

    #[test]
    fn only_the_newest_waits() {
        let mut slot = Newest::default();
        assert_eq!(slot.offer(1), Some(1));
        assert_eq!(slot.offer(2), None);
        assert_eq!(slot.offer(3), None);
        assert_eq!(slot.done(), Some(3));
        assert_eq!(slot.done(), None);
        assert_eq!(slot.offer(4), Some(4));
    }

    #[test]
    fn a_page_at_rest_is_no_alarm_and_a_cut_feed_is() {
        let at = |now_ms, acted_ms| Times {
            now_ms,
            shown_ms: Some(1_000),
            acted_ms,
        };
        assert_eq!(look(Times::default(), true), Look::None);
        assert_eq!(look(at(1_300, None), true), Look::Fresh(300));
        assert_eq!(look(at(500, None), true), Look::Fresh(0), "clocks differ");
        assert_eq!(look(at(60_000, None), true), Look::Still);
        assert_eq!(look(at(60_000, Some(900)), true), Look::Still);
        assert_eq!(look(at(60_000, Some(1_400)), true), Look::Still, "on it");
        assert_eq!(look(at(60_000, Some(50_000)), true), Look::Behind(59_000));
        assert_eq!(look(at(60_000, Some(59_000)), true), Look::Still, "yet");
        assert_eq!(look(at(60_000, None), false), Look::Cut(59_000));
        assert_eq!(tenths(349), 0.3);
    }
}
