//! Variants of a scenario: every combination of releases, balancers and values of keys.

use super::axis::Axis;
use crate::scenario::overrides::Overrides;

/// What is varied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Space {
    /// Releases; empty = the scenario's.
    pub releases: Vec<String>,
    /// Balancers; empty = the one in force.
    pub balancers: Vec<String>,
    /// Keys with their values.
    pub axes: Vec<Axis>,
}

/// One combination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant {
    /// The release; `None` = the scenario's.
    pub release: Option<String>,
    /// The balancer; `None` = the one in force.
    pub balancer: Option<String>,
    /// Keys with their values, as written.
    pub settings: Vec<(String, String)>,
}

impl Space {
    /// How many combinations there are; `None` when they cannot be counted.
    pub fn count(&self) -> Option<usize> {
        let fixed = self.releases.len().max(1).checked_mul(self.balancers.len().max(1))?;
        self.axes.iter().try_fold(fixed, |count, axis| count.checked_mul(axis.values().len()))
    }

    /// Every combination in the order asked: releases change slowest, the last key fastest.
    pub fn variants(&self) -> Vec<Variant> {
        let mut variants = vec![Variant::default()];
        variants = spread(variants, &self.releases, |variant, release| {
            variant.release = Some(release.clone());
        });
        variants = spread(variants, &self.balancers, |variant, balancer| {
            variant.balancer = Some(balancer.clone());
        });
        for axis in &self.axes {
            variants = spread(variants, &axis.values(), |variant, value| {
                variant.settings.push((axis.key.clone(), value.clone()));
            });
        }
        variants
    }
}

/// Every variant with every value; the variants themselves when there are no values.
fn spread(variants: Vec<Variant>, values: &[String], put: impl Fn(&mut Variant, &String)) -> Vec<Variant> {
    if values.is_empty() {
        return variants;
    }
    let with = |variant: &Variant, value: &String| {
        let mut variant = variant.clone();
        put(&mut variant, value);
        variant
    };
    variants.iter().flat_map(|variant| values.iter().map(move |value| with(variant, value))).collect()
}

impl Variant {
    /// Keys at values, nothing else.
    pub fn of(settings: &[(String, String)]) -> Variant {
        Variant { settings: settings.to_vec(), ..Variant::default() }
    }

    /// The options of this variant besides those given for all.
    pub fn onto(&self, common: &Overrides) -> Overrides {
        let mut overrides = common.clone();
        overrides.release = self.release.clone().or(overrides.release);
        overrides.balancer = self.balancer.clone().or(overrides.balancer);
        overrides.settings.extend(self.settings.iter().cloned());
        overrides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_come_in_the_order_asked() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let space = Space {
            releases: texts(&["2.1", "2.0"]),
            balancers: Vec::new(),
            axes: vec![Axis::parse("a=1,2").expect("an axis"), Axis::parse("/b=x").expect("an axis")],
        };
        let shown: Vec<String> = space
            .variants()
            .iter()
            .map(|variant| {
                let settings = variant.settings.iter().map(|(key, value)| format!(" {key}={value}"));
                variant.release.clone().unwrap_or_default() + &settings.collect::<String>()
            })
            .collect();
        assert_eq!(shown, ["2.1 a=1 /b=x", "2.1 a=2 /b=x", "2.0 a=1 /b=x", "2.0 a=2 /b=x"]);
        assert_eq!(space.count(), Some(4));
        assert_eq!(Space::default().variants(), [Variant::default()]);
    }
}
