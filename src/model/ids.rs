//! Dense indices into the cluster's arenas.

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The index of position `position`.
            ///
            /// # Panics
            ///
            /// If the position does not fit 32 bits; scenario limits keep all arenas far smaller.
            pub fn at(position: usize) -> $name {
                $name(u32::try_from(position).expect("arenas hold fewer than 2^32 entries"))
            }

            /// The position in its arena.
            pub fn position(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A query node.
    NodeIndex
);
index!(
    /// A sealed segment.
    SegmentIndex
);
index!(
    /// A collection.
    CollectionIndex
);
index!(
    /// A channel: one shard of one collection.
    ChannelIndex
);
index!(
    /// A replica of one collection.
    ReplicaIndex
);
index!(
    /// A resource group.
    ResourceGroupIndex
);
