use super::*;

fn at(now_ms: u64, x: f64, buttons: u16) -> Pointer {
    Pointer {
        now_ms,
        at: Some((x, 1.0)),
        nearest: (x, 1.0),
        buttons,
        changed: true,
        modifiers: 0,
    }
}

/// Action, x, button, mask, clicks.
fn told(inputs: &[Input]) -> Vec<(MouseAction, f64, MouseButton, u8, u8)> {
    let one = |input: &Input| match input {
        Input::Mouse {
            action,
            x,
            button,
            buttons,
            click_count,
            ..
        } => (*action, *x, *button, *buttons, *click_count),
        other => panic!("{other:?}"),
    };
    inputs.iter().map(one).collect()
}

use MouseAction::{Down, Move, Up};
use MouseButton::{Left, None as Nothing, Right};

#[test]
fn moves_are_thinned_out_and_the_last_one_comes_before_a_press() {
    let mut mouse = Mouse::default();
    let first = mouse.pointer(&at(1_000, 1.0, 0));
    assert_eq!(told(&first), [(Move, 1.0, Nothing, 0, 0)]);
    for ms in 1..30 {
        assert!(
            mouse
                .pointer(&at(1_000 + ms, 1.0 + ms as f64, 0))
                .is_empty()
        );
    }
    let press = mouse.pointer(&at(1_031, 30.0, 1));
    assert_eq!(
        told(&press),
        [(Move, 30.0, Nothing, 0, 0), (Down, 30.0, Left, 1, 1)]
    );
    let drag = mouse.pointer(&at(1_100, 40.0, 1));
    assert_eq!(told(&drag), [(Move, 40.0, Left, 1, 0)]);
    assert!(mouse.pointer(&at(1_110, 50.0, 1)).is_empty());
    assert!(mouse.tick(1_139).is_empty());
    assert_eq!(told(&mouse.tick(1_140)), [(Move, 50.0, Left, 1, 0)]);
    let release = mouse.pointer(&at(1_150, 50.0, 0));
    assert_eq!(told(&release), [(Up, 50.0, Left, 0, 1)]);
}

#[test]
fn a_second_of_moves_is_twenty_five() {
    let mut mouse = Mouse::default();
    let sent: usize = (0..1_000)
        .map(|ms| mouse.pointer(&at(10_000 + ms, ms as f64 + 0.5, 0)).len())
        .sum();
    assert_eq!(sent, 25);
}

#[test]
fn clicks_count_to_three() {
    let mut mouse = Mouse::default();
    let mut counts = Vec::new();
    for n in 0..4_u64 {
        counts.push(
            told(&mouse.pointer(&at(n * 100, 9.0, 1)))
                .last()
                .map(|d| d.4),
        );
        mouse.pointer(&at(n * 100 + 50, 9.0, 0));
    }
    assert_eq!(counts, [Some(1), Some(2), Some(3), Some(1)]);
    let far = mouse.pointer(&at(450, 90.0, 1));
    assert_eq!(told(&far).last().map(|d| d.4), Some(1));
    mouse.pointer(&at(460, 90.0, 0));
    let right = mouse.pointer(&at(470, 90.0, 2));
    assert_eq!(told(&right), [(Down, 90.0, Right, 2, 1)]);
    mouse.pointer(&at(480, 90.0, 0));
    let late = mouse.pointer(&at(2_000, 90.0, 2));
    assert_eq!(told(&late), [(Down, 90.0, Right, 2, 1)]);
}

#[test]
fn the_bars_take_no_press_and_a_drag_ends_at_the_edge() {
    let mut mouse = Mouse::default();
    let bars = |now_ms, buttons| Pointer {
        now_ms,
        at: None,
        nearest: (799.0, 1.0),
        buttons,
        changed: true,
        modifiers: 0,
    };
    assert!(mouse.pointer(&bars(0, 1)).is_empty());
    assert!(mouse.pointer(&bars(5, 0)).is_empty());
    mouse.pointer(&at(100, 700.0, 1));
    let out = mouse.pointer(&bars(200, 1));
    assert_eq!(told(&out), [(Move, 799.0, Left, 1, 0)]);
    assert_eq!(
        told(&mouse.pointer(&bars(300, 0))),
        [(Up, 799.0, Left, 0, 1)]
    );
    assert!(mouse.pointer(&bars(400, 0)).is_empty());
}

#[test]
fn a_button_pressed_beside_another_and_a_lost_release_are_seen() {
    let mut mouse = Mouse::default();
    mouse.pointer(&at(0, 5.0, 1));
    assert_eq!(
        told(&mouse.pointer(&at(10, 5.0, 3))),
        [(Down, 5.0, Right, 3, 1)]
    );
    // Both were let go outside the window.
    let back = mouse.pointer(&at(500, 6.0, 0));
    let ups: Vec<_> = told(&back).into_iter().filter(|t| t.0 == Up).collect();
    assert_eq!(ups.len(), 2);
    assert!(mouse.release().is_empty());
    mouse.pointer(&at(600, 6.0, 1));
    assert_eq!(told(&mouse.release()), [(Up, 6.0, Left, 0, 1)]);
}

#[test]
fn a_button_that_was_pressed_elsewhere_presses_nothing() {
    let mut mouse = Mouse::default();
    let held = |now_ms, x| Pointer {
        changed: false,
        ..at(now_ms, x, 1)
    };
    assert_eq!(
        told(&mouse.pointer(&held(0, 5.0))),
        [(Move, 5.0, Nothing, 0, 0)]
    );
    assert!(mouse.pointer(&at(10, 5.0, 0)).is_empty());
    // All was let go when the window lost the focus, and the finger is still on the button.
    mouse.pointer(&at(100, 5.0, 1));
    assert_eq!(told(&mouse.release()), [(Up, 5.0, Left, 0, 1)]);
    assert_eq!(
        told(&mouse.pointer(&held(200, 6.0))),
        [(Move, 6.0, Nothing, 0, 0)]
    );
}

#[test]
fn the_wheel_adds_up_in_pixels() {
    let mut mouse = Mouse::default();
    let spin = |now_ms, y, mode| Spin {
        now_ms,
        at: Some((5.0, 5.0)),
        delta: (0.0, y),
        mode,
        modifiers: 0,
    };
    let deltas = |inputs: Vec<Input>| -> Vec<f64> {
        let one = |input: Input| match input {
            Input::Mouse { delta_y, .. } => delta_y,
            other => panic!("{other:?}"),
        };
        inputs.into_iter().map(one).collect()
    };
    assert_eq!(deltas(mouse.wheel(&spin(100, 3.0, 1))), [99.0]);
    assert!(mouse.wheel(&spin(110, 10.0, 0)).is_empty());
    assert!(mouse.wheel(&spin(120, 20.0, 0)).is_empty());
    assert_eq!(deltas(mouse.tick(140)), [30.0]);
    assert_eq!(deltas(mouse.wheel(&spin(200, 9.0, 2))), [2_000.0]);
    assert!(
        mouse
            .wheel(&Spin {
                at: None,
                ..spin(900, 1.0, 0)
            })
            .is_empty()
    );
    assert!(mouse.wheel(&spin(900, f64::NAN, 0)).is_empty());
}
