//! Text and lines on one letter-size page, with the PDF standard fonts in WinAnsi encoding.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};

/// Letter, in points.
pub(super) const WIDTH: f32 = 612.;
pub(super) const HEIGHT: f32 = 792.;

/// The fonts of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    Fixed,
}

impl Face {
    const ALL: [(Face, &'static [u8], &'static [u8]); 3] = [
        (Face::Regular, b"F1", b"Helvetica"),
        (Face::Bold, b"F2", b"Helvetica-Bold"),
        (Face::Fixed, b"F3", b"Courier"),
    ];

    fn name(self) -> Name<'static> {
        let (_, name, _) = Face::ALL
            .into_iter()
            .find(|(face, ..)| *face == self)
            .expect("all faces are listed");
        Name(name)
    }
}

/// Advance widths of Helvetica from space to tilde, in thousandths (Adobe's AFM).
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Width of a text in points; close enough for accents and bold.
pub(super) fn width(text: &str, face: Face, size: f32) -> f32 {
    let thousandths = |c: char| match face {
        Face::Fixed => 600,
        _ if c == '·' => 278,
        _ => (c as usize)
            .checked_sub(32)
            .and_then(|at| HELVETICA.get(at))
            .map_or(600, |w| *w),
    };
    // Bold has about the same capitals and digits, and wider small letters.
    let bold = |c: char| {
        if face == Face::Bold && c.is_lowercase() {
            1.07
        } else {
            1.
        }
    };
    text.chars()
        .map(|c| f32::from(thousandths(c)) * bold(c))
        .sum::<f32>()
        * size
        / 1000.
}

/// Lines no wider than `limit`, broken at spaces, or anywhere when a word is too long.
pub(super) fn wrap(text: &str, face: Face, size: f32, limit: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("starts with one");
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if width(&longer, face, size) <= limit {
            *line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for c in word.chars() {
            let line = lines.last_mut().expect("starts with one");
            if !line.is_empty() && width(&format!("{line}{c}"), face, size) > limit {
                lines.push(c.to_string());
            } else {
                line.push(c);
            }
        }
    }
    lines
}

/// WinAnsi bytes; what it lacks becomes a question mark.
fn encode(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            '–' => 0x96,
            '—' => 0x97,
            '‘' => 0x91,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '€' => 0x80,
            c @ ('\u{20}'..='\u{7e}' | '\u{a0}'..='\u{ff}') => c as u8,
            _ => b'?',
        })
        .collect()
}

/// Colour as red, green, blue from 0 to 1.
pub(super) type Colour = (f32, f32, f32);

/// The page; y counts from its top.
pub(super) struct Page {
    content: Content,
}

impl Page {
    pub(super) fn new() -> Page {
        Page {
            content: Content::new(),
        }
    }

    pub(super) fn text(&mut self, at: (f32, f32), face: Face, size: f32, ink: Colour, text: &str) {
        self.content.set_fill_rgb(ink.0, ink.1, ink.2);
        self.content
            .begin_text()
            .set_font(face.name(), size)
            .next_line(at.0, HEIGHT - at.1)
            .show(Str(&encode(text)))
            .end_text();
    }

    /// Ends at `at`.
    pub(super) fn text_right(
        &mut self,
        at: (f32, f32),
        face: Face,
        size: f32,
        ink: Colour,
        text: &str,
    ) {
        self.text(
            (at.0 - width(text, face, size), at.1),
            face,
            size,
            ink,
            text,
        );
    }

    /// A filled rectangle from its upper left corner.
    pub(super) fn fill(&mut self, at: (f32, f32), wide: f32, high: f32, ink: Colour) {
        self.content.set_fill_rgb(ink.0, ink.1, ink.2);
        self.content
            .rect(at.0, HEIGHT - at.1 - high, wide, high)
            .fill_nonzero();
    }

    /// The finished file.
    pub(super) fn finish(self, title: &str) -> Vec<u8> {
        let (catalog, pages, page, content, info) = (
            Ref::new(1),
            Ref::new(2),
            Ref::new(3),
            Ref::new(4),
            Ref::new(5),
        );
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page]).count(1);
        pdf.document_info(info).title(pdf_writer::TextStr(title));
        let mut written = pdf.page(page);
        written
            .parent(pages)
            .contents(content)
            .media_box(Rect::new(0., 0., WIDTH, HEIGHT));
        let mut resources = written.resources();
        let mut fonts = resources.fonts();
        for (index, (_, name, _)) in Face::ALL.into_iter().enumerate() {
            fonts.pair(Name(name), Ref::new(10 + index as i32));
        }
        fonts.finish();
        resources.finish();
        written.finish();
        for (index, (_, _, base)) in Face::ALL.into_iter().enumerate() {
            pdf.type1_font(Ref::new(10 + index as i32))
                .base_font(Name(base))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        pdf.stream(content, &self.content.finish());
        pdf.finish()
    }
}
