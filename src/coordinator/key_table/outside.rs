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

/// Whether some release knows a key of this normal form that is not simulated.
pub(in crate::coordinator) fn is_outside(plain: &str) -> bool {
    KEYS.contains(&plain) || GROUPS.iter().any(|group| plain.starts_with(group))
}
