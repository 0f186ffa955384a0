//! Draws the letters: each turned, sheared, scaled and shifted, all on a wave, with lines and
//! specks of the same colour over them.

use std::f32::consts::TAU;

use super::glyphs;

const WIDTH: usize = 230;
const HEIGHT: usize = 80;

/// A small generator (splitmix64), seeded from the operating system for each picture.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (self.next() >> 40) as f32 / (1u64 << 24) as f32 * (high - low)
    }
}

struct Canvas {
    pixels: Vec<[f32; 3]>,
}

impl Canvas {
    fn blend(&mut self, x: usize, y: usize, colour: [f32; 3], alpha: f32) {
        let pixel = &mut self.pixels[y * WIDTH + x];
        for (channel, ink) in pixel.iter_mut().zip(colour) {
            *channel += (ink - *channel) * alpha;
        }
    }

    /// A line with round ends and soft edges.
    fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, colour: [f32; 3]) {
        let reach = width / 2. + 1.;
        let range = |a: f32, b: f32, size: usize| {
            let low = (a.min(b) - reach).max(0.) as usize;
            low..((a.max(b) + reach).max(0.) as usize + 1).min(size)
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).max(1e-6);
        for y in range(from.1, to.1, HEIGHT) {
            for x in range(from.0, to.0, WIDTH) {
                let (px, py) = (x as f32 - from.0, y as f32 - from.1);
                let along = ((px * dx + py * dy) / length).clamp(0., 1.);
                let distance = (px - along * dx).hypot(py - along * dy);
                let alpha = (width / 2. + 0.5 - distance).clamp(0., 1.);
                if alpha > 0. {
                    self.blend(x, y, colour, alpha);
                }
            }
        }
    }
}

/// The wave the whole picture lies on.
struct Wave {
    across: (f32, f32, f32),
    down: (f32, f32, f32),
}

impl Wave {
    fn bend(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let sway = |at: f32, (height, length, phase): (f32, f32, f32)| {
            height * (at / length * TAU + phase).sin()
        };
        (x + sway(y, self.across), y + sway(x, self.down))
    }
}

fn letter(canvas: &mut Canvas, dice: &mut Dice, wave: &Wave, letter: char, left: f32) {
    let turn = dice.between(-0.35, 0.35);
    let shear = dice.between(-0.2, 0.2);
    let (wide, high) = (dice.between(5.2, 6.8), dice.between(6.2, 7.4));
    let (x0, y0) = (
        left + dice.between(-3., 3.),
        HEIGHT as f32 / 2. + dice.between(-6., 6.),
    );
    let width = dice.between(3.2, 4.6);
    let colour = [
        dice.between(10., 90.),
        dice.between(10., 60.),
        dice.between(20., 110.),
    ];
    let place = |(gx, gy): (f32, f32)| {
        let (x, y) = ((gx - 2.) * wide, (gy - 3.) * high);
        let x = x + y * shear;
        wave.bend((
            x0 + x * turn.cos() - y * turn.sin(),
            y0 + x * turn.sin() + y * turn.cos(),
        ))
    };
    for stroke in glyphs::strokes(letter) {
        for pair in stroke.windows(2) {
            // Short pieces, so that the wave bends straight strokes too.
            let mix = |t: f32| {
                let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
                place((ax + (bx - ax) * t, ay + (by - ay) * t))
            };
            for piece in 0..6 {
                canvas.line(
                    mix(piece as f32 / 6.),
                    mix((piece + 1) as f32 / 6.),
                    width,
                    colour,
                );
            }
        }
    }
}

fn noise(canvas: &mut Canvas, dice: &mut Dice) {
    for _ in 0..3 {
        let colour = [
            dice.between(80., 160.),
            dice.between(70., 140.),
            dice.between(90., 170.),
        ];
        let (middle, swing) = (dice.between(18., 62.), dice.between(6., 20.));
        let (length, phase) = (dice.between(90., 220.), dice.between(0., TAU));
        let width = dice.between(1.1, 1.7);
        let at = |x: f32| (x, middle + swing * (x / length * TAU + phase).sin());
        for step in 0..46 {
            let x = step as f32 * 5.;
            canvas.line(at(x), at(x + 5.), width, colour);
        }
    }
    for _ in 0..260 {
        let x = dice.between(0., (WIDTH - 1) as f32) as usize;
        let y = dice.between(0., (HEIGHT - 1) as f32) as usize;
        let grey = dice.between(70., 190.);
        canvas.blend(x, y, [grey, grey * 0.9, grey], dice.between(0.3, 0.9));
    }
}

/// A PNG of `text`; the seed makes each picture its own.
pub(super) fn png(text: &str, seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    let paper = [
        dice.between(225., 250.),
        dice.between(225., 250.),
        dice.between(215., 245.),
    ];
    let mut canvas = Canvas {
        pixels: vec![paper; WIDTH * HEIGHT],
    };
    let mut sway = |low: f32, high: f32, short: f32, long: f32| {
        (
            dice.between(low, high),
            dice.between(short, long),
            dice.between(0., TAU),
        )
    };
    let wave = Wave {
        across: sway(1., 2.5, 35., 70.),
        down: sway(2., 5., 60., 140.),
    };
    let step = (WIDTH as f32 - 30.) / text.chars().count() as f32;
    for (index, one) in text.chars().enumerate() {
        letter(
            &mut canvas,
            &mut dice,
            &wave,
            one,
            15. + step * (index as f32 + 0.5),
        );
    }
    noise(&mut canvas, &mut dice);
    encode(&canvas)
}

fn encode(canvas: &Canvas) -> Vec<u8> {
    let bytes: Vec<u8> = canvas
        .pixels
        .iter()
        .flatten()
        .map(|channel| channel.clamp(0., 255.) as u8)
        .collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("writing to memory");
    writer
        .write_image_data(&bytes)
        .expect("as many bytes as pixels");
    writer.finish().expect("writing to memory");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_strokes_and_two_pictures_of_one_text_differ() {
        assert!(
            glyphs::ALPHABET
                .chars()
                .all(|c| !glyphs::strokes(c).is_empty())
        );
        assert_ne!(png("ACE34", 1), png("ACE34", 2));
    }
}
