//! Shows pictures on the canvas: the newest only, each acknowledged when it is shown.

use super::frames::{self, Newest};
use crate::browser;
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use schemas::ws::FrameHeader;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, ImageBitmap,
};
use yew::{Callback, NodeRef};

/// What the canvas shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    pub at_ms: u64,
    /// CSS pixels of the page's viewport.
    pub page: (f64, f64),
    /// Of the picture.
    pub pixels: (f64, f64),
}

/// Shows pictures on one canvas.
pub struct Painter {
    canvas: NodeRef,
    slot: RefCell<Newest<ArrayBuffer>>,
    shown: Cell<Option<Shown>>,
    /// The picture decoded last, for a canvas that comes later.
    last: RefCell<Option<ArrayBuffer>>,
    /// Told of each picture shown.
    ack: Callback<u64>,
    /// A picture shown while nobody looks is acknowledged when somebody does: until then none more
    /// is sent.
    owed: Cell<Option<u64>>,
    seen: RefCell<Option<EventListener>>,
    first: Callback<()>,
}

impl Painter {
    /// Paints on `canvas`; `first` is told when the first picture of a session is there.
    pub fn new(canvas: NodeRef, ack: Callback<u64>, first: Callback<()>) -> Rc<Self> {
        let painter = Rc::new(Self {
            canvas,
            slot: RefCell::default(),
            shown: Cell::new(None),
            last: RefCell::default(),
            ack,
            owed: Cell::new(None),
            seen: RefCell::default(),
            first,
        });
        if let Some(document) = browser::document() {
            let weak = Rc::downgrade(&painter);
            let listener = EventListener::new(&document, "visibilitychange", move |_| {
                if let Some(painter) = weak.upgrade()
                    && browser::is_visible()
                    && let Some(number) = painter.owed.take()
                {
                    painter.ack.emit(number);
                }
            });
            painter.seen.replace(Some(listener));
        }
        painter
    }

    /// What the canvas shows.
    pub fn shown(&self) -> Option<Shown> {
        self.shown.get()
    }

    /// Where it shows it.
    pub fn canvas(&self) -> Option<HtmlCanvasElement> {
        self.canvas.cast()
    }

    /// Forgets what was shown: its browser is gone.
    pub fn clear(&self) {
        self.shown.set(None);
        self.last.take();
        if let Some(canvas) = self.canvas()
            && let Some(context) = context(&canvas)
        {
            context.clear_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
        }
    }

    /// A picture came.
    pub fn offer(self: &Rc<Self>, picture: ArrayBuffer) {
        let Some(mut next) = self.slot.borrow_mut().offer(picture) else {
            return;
        };
        let painter = Rc::clone(self);
        spawn_local(async move {
            loop {
                painter.paint(&next).await;
                let Some(newer) = painter.slot.borrow_mut().done() else {
                    break;
                };
                next = newer;
            }
        });
    }

    /// There is another canvas: shows on it what came last. A page at rest sends nothing anew.
    pub fn repaint(self: &Rc<Self>) {
        let Some(picture) = self.last.borrow().clone() else {
            return;
        };
        let painter = Rc::clone(self);
        spawn_local(async move {
            painter.show(&picture).await;
        });
    }

    async fn paint(&self, picture: &ArrayBuffer) {
        self.last.replace(Some(picture.clone()));
        let Some(header) = self.show(picture).await else {
            return;
        };
        match browser::is_visible() {
            true => self.ack.emit(header.number),
            false => self.owed.set(Some(header.number)),
        }
    }

    /// Decodes and draws, unless another picture has come or this one was forgotten meanwhile.
    async fn show(&self, picture: &ArrayBuffer) -> Option<FrameHeader> {
        let bytes = Uint8Array::new(picture).to_vec();
        let (header, jpeg) = frames::parse(&bytes).ok()?;
        let offset = (bytes.len() - jpeg.len()) as u32;
        if let Some(bitmap) = decode(picture, offset).await {
            let last = self.last.borrow().clone();
            if last.is_some_and(|last| Object::is(&last, picture)) {
                self.draw(&header, &bitmap);
            }
            bitmap.close();
        }
        Some(header)
    }

    fn draw(&self, header: &FrameHeader, bitmap: &ImageBitmap) {
        let Some(canvas) = self.canvas() else {
            return;
        };
        let (width, height) = (bitmap.width(), bitmap.height());
        if (canvas.width(), canvas.height()) != (width, height) {
            canvas.set_width(width);
            canvas.set_height(height);
            shape_stage(&canvas);
        }
        if let Some(context) = context(&canvas) {
            let _ = context.draw_image_with_image_bitmap(bitmap, 0.0, 0.0);
        }
        let shown = Shown {
            at_ms: header.at_ms,
            page: (header.width, header.height),
            pixels: (width.into(), height.into()),
        };
        if self.shown.replace(Some(shown)).is_none() {
            self.first.emit(());
        }
    }
}

/// Gives the stage the picture's shape, so that bars are only where the screen is short. By the
/// object model: a `style` attribute would be refused.
fn shape_stage(canvas: &HtmlCanvasElement) {
    let stage = canvas
        .parent_element()
        .and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(stage) = stage {
        let shape = format!("{} / {}", canvas.width(), canvas.height());
        let _ = stage.style().set_property("aspect-ratio", &shape);
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// The JPEG that begins at `offset`; `None` when it is none.
async fn decode(picture: &ArrayBuffer, offset: u32) -> Option<ImageBitmap> {
    let jpeg = Uint8Array::new_with_byte_offset(picture, offset);
    let options = BlobPropertyBag::new();
    options.set_type("image/jpeg");
    let parts = Array::of1(&jpeg);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let promise = browser::window()?
        .create_image_bitmap_with_blob(&blob)
        .ok()?;
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
