//! From the pointer to the page: the picture is fitted into its box with bars, and a point in the
//! bars is no point of the page. Pure.

/// A box on the screen, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Width and height.
pub type Size = (f64, f64);

/// Where the page's picture lies on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    picture: Area,
    /// CSS pixels of the page's viewport.
    page: Size,
}

impl Fit {
    /// Fits a picture of `pixels` that shows a viewport of `page` into `outer`, as
    /// `object-fit: contain` does. `None` while there is nothing to see.
    pub fn new(outer: Area, pixels: Size, page: Size) -> Option<Self> {
        let positive = |n: f64| n.is_finite() && n > 0.0;
        let all = [
            outer.width,
            outer.height,
            pixels.0,
            pixels.1,
            page.0,
            page.1,
        ];
        if !all.into_iter().all(positive) {
            return None;
        }
        let scale = (outer.width / pixels.0).min(outer.height / pixels.1);
        let (width, height) = (pixels.0 * scale, pixels.1 * scale);
        let picture = Area {
            left: outer.left + (outer.width - width) / 2.0,
            top: outer.top + (outer.height - height) / 2.0,
            width,
            height,
        };
        Some(Self { picture, page })
    }

    /// The page's point under the pointer; `None` in the bars and outside.
    pub fn point(&self, client: Size) -> Option<Size> {
        let (x, y) = self.raw(client);
        let inside = (0.0..self.page.0).contains(&x) && (0.0..self.page.1).contains(&y);
        inside.then_some((x, y))
    }

    /// The page's point nearest to the pointer: where a drag that left the picture is.
    pub fn nearest(&self, client: Size) -> Size {
        let (x, y) = self.raw(client);
        (
            x.clamp(0.0, (self.page.0 - 1.0).max(0.0)),
            y.clamp(0.0, (self.page.1 - 1.0).max(0.0)),
        )
    }

    /// A distance on the screen as one on the page.
    pub fn distance(&self, pixels: f64) -> f64 {
        pixels * self.page.0 / self.picture.width
    }

    fn raw(&self, (x, y): Size) -> Size {
        (
            (x - self.picture.left) * self.page.0 / self.picture.width,
            (y - self.picture.top) * self.page.1 / self.picture.height,
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bars_are_refused_and_the_picture_is_scaled() {
        // 1280×720 in 640×640: bars of 140 above and below.
        let outer = Area {
            left: 10.0,
            top: 20.0,
            width: 640.0,
            height: 640.0,
        };
        let fit = Fit::new(outer, (1280.0, 720.0), (1280.0, 720.0)).unwrap();
        assert_eq!(fit.point((10.0, 20.0 + 140.0)), Some((0.0, 0.0)));
        assert_eq!(fit.point((330.0, 340.0)), Some((640.0, 360.0)));
        assert_eq!(fit.point((330.0, 20.0 + 139.0)), None);
        assert_eq!(fit.point((330.0, 20.0 + 501.0)), None);
        assert_eq!(fit.nearest((0.0, 0.0)), (0.0, 0.0));
        assert_eq!(fit.nearest((9e3, 9e3)), (1279.0, 719.0));
        assert_eq!(fit.distance(10.0), 20.0);
        assert_eq!(Fit::new(outer, (0.0, 720.0), (1.0, 1.0)), None);
    }

    fn side() -> impl Strategy<Value = f64> {
        1.0..4_000.0_f64
    }

    proptest! {
        /// Every point of the page is reached, from where it is drawn.
        #[test]
        fn there_and_back(
            left in -500.0..500.0_f64, top in -500.0..500.0_f64,
            width in side(), height in side(),
            pixels in (side(), side()), page in (side(), side()),
            at in (0.0..1.0_f64, 0.0..1.0_f64),
        ) {
            let outer = Area { left, top, width, height };
            let fit = Fit::new(outer, pixels, page).unwrap();
            let drawn = fit.picture;
            prop_assert!(drawn.width <= width + 1e-6 && drawn.height <= height + 1e-6);
            prop_assert!(drawn.left >= left - 1e-6 && drawn.top >= top - 1e-6);
            let client = (drawn.left + at.0 * drawn.width, drawn.top + at.1 * drawn.height);
            let (x, y) = fit.raw(client);
            prop_assert!((x - at.0 * page.0).abs() < 1e-6 * page.0.max(1.0) + 1e-6);
            prop_assert!((y - at.1 * page.1).abs() < 1e-6 * page.1.max(1.0) + 1e-6);
        }

        /// Whatever is answered lies on the page; what lies in the bars is refused.
        #[test]
        fn never_off_the_page(
            width in side(), height in side(), pixels in (side(), side()), page in (side(), side()),
            client in (-5_000.0..5_000.0_f64, -5_000.0..5_000.0_f64),
        ) {
            let fit = Fit::new(Area { left: 0.0, top: 0.0, width, height }, pixels, page).unwrap();
            let drawn = fit.picture;
            let on_picture = client.0 >= drawn.left && client.0 < drawn.left + drawn.width
                && client.1 >= drawn.top && client.1 < drawn.top + drawn.height;
            if let Some((x, y)) = fit.point(client) {
                prop_assert!((0.0..page.0).contains(&x) && (0.0..page.1).contains(&y));
                let near = |n: f64| n > -1e-6;
                prop_assert!(on_picture || near(client.0 - drawn.left) && near(client.1 - drawn.top));
            }
            let (x, y) = fit.nearest(client);
            prop_assert!((0.0..page.0).contains(&x) && (0.0..page.1).contains(&y));
        }
    }
}
