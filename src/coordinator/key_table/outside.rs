//! Keys of QueryCoord and the query node that concern nothing that is simulated.
//!
//! A `milvus.yaml` is full of them. They are named here so that what is neither simulated nor named can be
//! told as a misspelling.

/// Whole keys, in normal form.
const KEYS: &[&str] = &[
    "querycoordaddress",
    "querycoordport",
    "querycoordip",
    "querycoordenableactivestandby",
    "querycoordobservertaskparallel",
    "querycoordtaskretrynum",
    "querycoordtaskretryinterval",
    "querycoordcheckhealthinterval",
    "querycoordcheckhealthrpctimeout",
    "querycoordcleanexcludesegmentinterval",
    "querycoordheatbeatwarninglag",
    "querycoordupdatecollectionloadstatusinterval",
    "querynodeaddress",
    "querynodeport",
    "querynodeip",
    "querynodebloomfilterapplyparallelfactor",
    "querynodeenabledisk",
    "querynodeenablesegmentprune",
    "querynodeforwardbatchsize",
    "querynodeindexoffsetcacheenabled",
    "querynodelevelzeroforwardpolicy",
    "querynodestreamingdeltaforwardpolicy",
    "querynodequerystreambatchsize",
    "querynodequerystreammaxbatchsize",
    "querynodesegcorecgopoolsizeratio",
    "querynodesegcorechunkrows",
    "querynodesegcoreexprevalbatchsize",
    "querynodesegcorejsonkeystatscommitinterval",
    "querynodesegcoreknowherescoreconsistency",
    "querynodesegcoreknowherethreadpoolnumratio",
    "querynodesegcoremultiplechunkedenable",
    "querynodesegcoreinterimindexbuildparallelrate",
    "querynodesegcoreinterimindexdensevectorindextype",
    "querynodesegcoreinterimindexindexbuildratio",
    "querynodesegcoreinterimindexnlist",
    "querynodesegcoreinterimindexnprobe",
    "querynodesegcoreinterimindexrefinequanttype",
    "querynodesegcoreinterimindexrefineratio",
    "querynodesegcoreinterimindexrefinewithquant",
    "querynodesegcoreinterimindexsubdim",
    "querynodesegcoretieredstoragecachettl",
    "querynodesegcoretieredstoragediskhighwatermarkratio",
    "querynodesegcoretieredstoragedisklowwatermarkratio",
    "querynodesegcoretieredstorageevictablediskcacheratio",
    "querynodesegcoretieredstorageevictablememorycacheratio",
    "querynodesegcoretieredstoragememoryhighwatermarkratio",
    "querynodesegcoretieredstoragememorylowwatermarkratio",
];

/// Groups of keys of which none is simulated, in normal form.
const GROUPS: &[&str] = &[
    "querycoordgrpc",
    "querynodegrpc",
    "querynodecache",
    "querynodedatasync",
    "querynodeexprcache",
    "querynodegrouping",
    "querynodeidforacle",
    "querynodelazyload",
    "querynodemmap",
    "querynodescheduler",
    "querynodesegcoresmallindex",
    "querynodesegcoretieredstoragewarmup",
    "querynodestats",
    "querynodeworkerpooling",
];

/// Keys of the table that some release reads for what has no counterpart here, as Milvus spells them.
const WITHOUT_COUNTERPART: &[&str] = &[
    // How other coordinators and nodes are called; calls are not lost here.
    "queryCoord.brokerTimeout",
    "queryCoord.distRequestTimeout",
    "queryCoord.heartbeatAvailableInterval",
    // Checks whose outcome is known here: sessions are told at once, all nodes are of one release.
    "queryCoord.checkAutoBalanceConfigInterval",
    "queryCoord.checkNodeSessionInterval",
    "queryCoord.checkHandoffInterval",
    "queryCoord.refreshTargetsIntervalSeconds",
    // What has no effect on placement.
    "queryCoord.checkIndexInterval",
    "queryCoord.collectionObserverInterval",
    "queryCoord.enableDataDistributionDelta",
    "queryCoord.leaderViewUpdateInterval",
    "queryCoord.resourceExhaustionCleanupInterval",
    // Waiting that takes no time here.
    "queryCoord.channelTaskTimeout",
    "queryCoord.gracefulStopTimeout",
    "queryCoord.updateTargetNeedSegmentDataReady",
    // Load requests of a scenario say how many replicas they want, and where.
    "queryCoord.clusterLevelLoadReplicaNumber",
    "queryCoord.clusterLevelLoadResourceGroups",
    "queryCoord.clusterLevelLoadWaitRGReadyTimeout",
    // A segment's bytes are given, whatever they consist of; the cache layer of tiered storage is not simulated.
    "queryNode.segcore.interimIndex.enableIndex",
    "queryNode.segcore.interimIndex.memExpansionRate",
    "queryNode.segcore.tieredStorage.evictionEnabled",
];

/// Whether anything here depends on a key of the table.
pub(in crate::coordinator) fn has_counterpart(name: &str) -> bool {
    !WITHOUT_COUNTERPART.contains(&name)
}

/// Whether some release knows a key of this normal form that is not simulated.
pub(in crate::coordinator) fn is_outside(plain: &str) -> bool {
    KEYS.contains(&plain) || GROUPS.iter().any(|group| plain.starts_with(group))
}
