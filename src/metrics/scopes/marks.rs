//! A list of positions without doubles, in the order of the first mention.

/// Positions marked.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    list: Vec<usize>,
    is_marked: Vec<bool>,
}

impl Marks {
    /// Marks `position`.
    pub fn mark(&mut self, position: usize) {
        if self.is_marked.len() <= position {
            self.is_marked.resize(position + 1, false);
        }
        if !std::mem::replace(&mut self.is_marked[position], true) {
            self.list.push(position);
        }
    }

    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes the last one out.
    pub fn pop(&mut self) -> Option<usize> {
        let position = self.list.pop()?;
        self.is_marked[position] = false;
        Some(position)
    }
}
