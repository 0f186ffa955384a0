//! Mouse, pen, finger and wheel on the canvas.

use super::{Inner, modifiers};
use crate::monitor::feed::now_ms;
use crate::monitor::input::{Finger, Pointer, Spin};
use crate::monitor::mapping::{Area, Fit};
use schemas::ws::Input;
use web_sys::{PointerEvent, WheelEvent};

impl Inner {
    fn fit(&self) -> Option<Fit> {
        let shown = self.tools.painter.shown()?;
        let outer = self.tools.painter.canvas()?.get_bounding_client_rect();
        let outer = Area {
            left: outer.left(),
            top: outer.top(),
            width: outer.width(),
            height: outer.height(),
        };
        Fit::new(outer, shown.pixels, shown.page)
    }

    pub(super) fn pointer(&self, event: &PointerEvent) {
        let Some(fit) = self.fit() else {
            return;
        };
        let kind = event.type_();
        if kind == "pointerdown" {
            event.prevent_default();
            self.focus();
            if let Some(canvas) = self.tools.painter.canvas() {
                let _ = canvas.set_pointer_capture(event.pointer_id());
            }
        }
        let client = (f64::from(event.client_x()), f64::from(event.client_y()));
        let inputs = match event.pointer_type().as_str() {
            "touch" => self.finger(event, &kind, &fit, client),
            _ if kind == "pointercancel" => self.mouse.borrow_mut().release(),
            _ => self.mouse.borrow_mut().pointer(&Pointer {
                now_ms: now_ms(),
                at: fit.point(client),
                nearest: fit.nearest(client),
                buttons: event.buttons(),
                changed: event.button() != -1,
                modifiers: modifiers(
                    event.alt_key(),
                    event.ctrl_key(),
                    event.meta_key(),
                    event.shift_key(),
                ),
            }),
        };
        self.send(inputs);
    }

    fn finger(
        &self,
        event: &PointerEvent,
        kind: &str,
        fit: &Fit,
        client: (f64, f64),
    ) -> Vec<Input> {
        if !event.is_primary() {
            return vec![];
        }
        let finger = Finger {
            now_ms: now_ms(),
            at: fit.point(client),
            client,
            scale: fit.distance(1.0),
        };
        let (mut touch, mut mouse) = (self.touch.borrow_mut(), self.mouse.borrow_mut());
        match kind {
            "pointerdown" => {
                touch.down(&finger);
                vec![]
            }
            "pointermove" => touch.moved(&mut mouse, &finger),
            "pointerup" => touch.up(&mut mouse, &finger),
            _ => {
                touch.cancel();
                vec![]
            }
        }
    }

    pub(super) fn wheel(&self, event: &WheelEvent) {
        event.prevent_default();
        let Some(fit) = self.fit() else {
            return;
        };
        let client = (f64::from(event.client_x()), f64::from(event.client_y()));
        let inputs = self.mouse.borrow_mut().wheel(&Spin {
            now_ms: now_ms(),
            at: fit.point(client),
            delta: (event.delta_x(), event.delta_y()),
            mode: event.delta_mode(),
            modifiers: modifiers(
                event.alt_key(),
                event.ctrl_key(),
                event.meta_key(),
                event.shift_key(),
            ),
        });
        self.send(inputs);
    }
}
