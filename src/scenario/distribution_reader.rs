//! Distributions as a scenario writes them.

use super::faults::Faults;
use super::json::Node;
use super::known_keys;
use super::object::Object;
use super::values::{count, list, number_above_zero, number_from_zero, size};
use crate::engine::distribution::{Distribution, Shape};

/// What the numbers of a distribution are.
#[derive(Clone, Copy)]
pub(super) enum Numbers {
    /// Rows of a segment.
    Rows,
    /// Bytes, which may be written as sizes.
    Bytes,
}

impl Numbers {
    fn whole(self, node: &Node, faults: &mut Faults) -> Option<u64> {
        match self {
            Numbers::Rows => count(node, 0, u64::from(u32::MAX), faults),
            Numbers::Bytes => size(node, faults),
        }
    }

    fn positive(self, node: &Node, faults: &mut Faults) -> Option<f64> {
        match self {
            Numbers::Rows => number_above_zero(node, faults),
            Numbers::Bytes => super::values::size_above_zero(node, faults).map(|bytes| bytes as f64),
        }
    }

    /// What no number drawn may exceed, whatever the shape.
    fn most(self) -> u64 {
        match self {
            Numbers::Rows => u64::from(u32::MAX),
            Numbers::Bytes => super::limits::BYTES_MAX,
        }
    }
}

/// Reads a distribution. Without `at_most` it is clamped to what a segment can have at all.
pub(super) fn read(node: &Node, numbers: Numbers, faults: &mut Faults) -> Option<Distribution> {
    let object = Object::read(node, known_keys::DISTRIBUTION, faults)?;
    let at_most = object.read_with("at_most", faults, |node, faults| numbers.whole(node, faults));
    let mut shapes = object
        .members()
        .iter()
        .filter(|member| member.name != "at_most" && known_keys::DISTRIBUTION.contains(&&*member.name));
    let (Some(member), None) = (shapes.next(), shapes.next()) else {
        if object.members().iter().any(|member| !known_keys::DISTRIBUTION.contains(&&*member.name)) {
            return None;
        }
        let names = known_keys::DISTRIBUTION[..known_keys::DISTRIBUTION.len() - 1].join(", ");
        faults.add(node.at, "a distribution has exactly one shape", format!("write one of {names}"));
        return None;
    };
    let shape = shape(&member.name, &member.value, numbers, faults)?;
    Some(Distribution { shape, at_most: Some(at_most.unwrap_or(u64::MAX).min(numbers.most())) })
}

fn shape(name: &str, node: &Node, numbers: Numbers, faults: &mut Faults) -> Option<Shape> {
    match name {
        "constant" => numbers.whole(node, faults).map(Shape::Constant),
        "uniform" => uniform(node, numbers, faults),
        "log_normal" => {
            let object = Object::read(node, known_keys::LOG_NORMAL, faults)?;
            let median = object.require_with("median", faults, |node, faults| numbers.positive(node, faults));
            let sigma = object.require_with("sigma", faults, number_from_zero);
            Some(Shape::LogNormal { median: median?, sigma: sigma? })
        }
        "pareto" => {
            let object = Object::read(node, known_keys::PARETO, faults)?;
            let min = object.require_with("min", faults, |node, faults| numbers.positive(node, faults));
            let alpha = object.require_with("alpha", faults, number_above_zero);
            Some(Shape::Pareto { min: min?, alpha: alpha? })
        }
        "zipf" => {
            let object = Object::read(node, known_keys::ZIPF, faults)?;
            let max = object.require_with("max", faults, |node, faults| numbers.whole(node, faults));
            let exponent = object.require_with("exponent", faults, number_from_zero);
            let shape = Shape::Zipf { max: max?, exponent: exponent? };
            if max == Some(0) {
                faults.add(node.at, "\"max\" is 0, so nothing can be drawn", "write at least 1");
                return None;
            }
            Some(shape)
        }
        _ => choice(node, numbers, faults),
    }
}

fn uniform(node: &Node, numbers: Numbers, faults: &mut Faults) -> Option<Shape> {
    let object = Object::read(node, known_keys::UNIFORM, faults)?;
    let min = object.require_with("min", faults, |node, faults| numbers.whole(node, faults));
    let max = object.require_with("max", faults, |node, faults| numbers.whole(node, faults));
    let (min, max) = (min?, max?);
    if min > max {
        faults.add(
            node.at,
            format!("\"min\" {min} is above \"max\" {max}"),
            "write the smaller one as \"min\"",
        );
        return None;
    }
    Some(Shape::Uniform { min, max })
}

fn choice(node: &Node, numbers: Numbers, faults: &mut Faults) -> Option<Shape> {
    let object = Object::read(node, known_keys::CHOICE, faults)?;
    let values_node = object.require("values", faults);
    let weights_node = object.require("weights", faults);
    let values_node = values_node?;
    let values: Vec<Option<u64>> =
        list(values_node, faults)?.iter().map(|value| numbers.whole(value, faults)).collect();
    let weights_node = weights_node?;
    let weights: Vec<Option<f64>> =
        list(weights_node, faults)?.iter().map(|weight| number_from_zero(weight, faults)).collect();
    let values: Vec<u64> = values.into_iter().collect::<Option<_>>()?;
    let weights: Vec<f64> = weights.into_iter().collect::<Option<_>>()?;
    if values.is_empty() {
        faults.add(values_node.at, "there is nothing to choose from", "write at least one value");
        return None;
    }
    if values.len() != weights.len() {
        let fault = format!("{} values have {} weights", values.len(), weights.len());
        faults.add(weights_node.at, fault, "write one weight per value");
        return None;
    }
    check_weights(weights_node, &weights, faults)?;
    Some(Shape::Choice { values, weights })
}

/// Weights of which at least one is above zero, and whose sum is finite.
pub(super) fn check_weights(node: &Node, weights: &[f64], faults: &mut Faults) -> Option<()> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        return Some(());
    }
    faults.add(node.at, format!("the weights add up to {sum}"), "write weights with a finite sum above 0");
    None
}
