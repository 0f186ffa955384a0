//! The messages of EventStoreDB's protocol that the client sends and reads, by hand from the client's
//! `streams.proto`, `shared.proto` and `serverfeatures.proto`: its own are private, and `protoc` is not
//! at hand everywhere. Names and numbers are the protocol's; fields nobody here uses are left out.

use bytes::Bytes;
use prost::{Message, Oneof};
use std::collections::HashMap;

#[derive(Clone, PartialEq, Message)]
pub struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub struct Uuid {
    #[prost(oneof = "UuidValue", tags = "1, 2")]
    pub value: Option<UuidValue>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum UuidValue {
    #[prost(message, tag = "1")]
    Structured(Structured),
    #[prost(string, tag = "2")]
    String(String),
}

#[derive(Clone, PartialEq, Message)]
pub struct Structured {
    #[prost(int64, tag = "1")]
    pub most_significant_bits: i64,
    #[prost(int64, tag = "2")]
    pub least_significant_bits: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamIdentifier {
    #[prost(bytes = "bytes", tag = "3")]
    pub stream_name: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub struct SupportedMethods {
    #[prost(string, tag = "2")]
    pub event_store_server_version: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Position {
    #[prost(uint64, tag = "1")]
    pub commit_position: u64,
    #[prost(uint64, tag = "2")]
    pub prepare_position: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct AppendReq {
    #[prost(oneof = "AppendContent", tags = "1, 2")]
    pub content: Option<AppendContent>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum AppendContent {
    #[prost(message, tag = "1")]
    Options(AppendOptions),
    #[prost(message, tag = "2")]
    ProposedMessage(ProposedMessage),
}

#[derive(Clone, PartialEq, Message)]
pub struct AppendOptions {
    #[prost(message, optional, tag = "1")]
    pub stream_identifier: Option<StreamIdentifier>,
    #[prost(oneof = "Expected", tags = "2, 3, 4, 5")]
    pub expected_stream_revision: Option<Expected>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Expected {
    #[prost(uint64, tag = "2")]
    Revision(u64),
    #[prost(message, tag = "3")]
    NoStream(Empty),
    #[prost(message, tag = "4")]
    Any(Empty),
    #[prost(message, tag = "5")]
    StreamExists(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub struct ProposedMessage {
    #[prost(message, optional, tag = "1")]
    pub id: Option<Uuid>,
    #[prost(map = "string, string", tag = "2")]
    pub metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "3")]
    pub custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub data: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub struct AppendResp {
    #[prost(oneof = "AppendResult", tags = "1, 2")]
    pub result: Option<AppendResult>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum AppendResult {
    #[prost(message, tag = "1")]
    Success(Success),
    #[prost(message, tag = "2")]
    WrongExpectedVersion(WrongExpectedVersion),
}

#[derive(Clone, PartialEq, Message)]
pub struct Success {
    #[prost(oneof = "SuccessRevision", tags = "1, 2")]
    pub current_revision_option: Option<SuccessRevision>,
    #[prost(oneof = "SuccessPosition", tags = "3, 4")]
    pub position_option: Option<SuccessPosition>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum SuccessRevision {
    #[prost(uint64, tag = "1")]
    CurrentRevision(u64),
    #[prost(message, tag = "2")]
    NoStream(Empty),
}

#[derive(Clone, PartialEq, Oneof)]
pub enum SuccessPosition {
    #[prost(message, tag = "3")]
    Position(Position),
    #[prost(message, tag = "4")]
    NoPosition(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub struct WrongExpectedVersion {
    #[prost(oneof = "CurrentRevision", tags = "6, 7")]
    pub current_revision_option: Option<CurrentRevision>,
    #[prost(oneof = "ExpectedRevision", tags = "8, 9, 10, 11")]
    pub expected_revision_option: Option<ExpectedRevision>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum CurrentRevision {
    #[prost(uint64, tag = "6")]
    Revision(u64),
    #[prost(message, tag = "7")]
    NoStream(Empty),
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ExpectedRevision {
    #[prost(uint64, tag = "8")]
    Revision(u64),
    #[prost(message, tag = "9")]
    Any(Empty),
    #[prost(message, tag = "10")]
    StreamExists(Empty),
    #[prost(message, tag = "11")]
    NoStream(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub struct ReadReq {
    #[prost(message, optional, tag = "1")]
    pub options: Option<ReadOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReadOptions {
    #[prost(oneof = "StreamOption", tags = "1, 2")]
    pub stream_option: Option<StreamOption>,
    /// 0 forwards, 1 backwards.
    #[prost(int32, tag = "3")]
    pub read_direction: i32,
    #[prost(oneof = "CountOption", tags = "5, 6")]
    pub count_option: Option<CountOption>,
    #[prost(oneof = "FilterOption", tags = "7, 8")]
    pub filter_option: Option<FilterOption>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum StreamOption {
    #[prost(message, tag = "1")]
    Stream(StreamOptions),
    #[prost(message, tag = "2")]
    All(AllOptions),
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamOptions {
    #[prost(message, optional, tag = "1")]
    pub stream_identifier: Option<StreamIdentifier>,
    #[prost(oneof = "RevisionOption", tags = "2, 3, 4")]
    pub revision_option: Option<RevisionOption>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum RevisionOption {
    #[prost(uint64, tag = "2")]
    Revision(u64),
    #[prost(message, tag = "3")]
    Start(Empty),
    #[prost(message, tag = "4")]
    End(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub struct AllOptions {
    #[prost(oneof = "AllOption", tags = "1, 2, 3")]
    pub all_option: Option<AllOption>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum AllOption {
    #[prost(message, tag = "1")]
    Position(Position),
    #[prost(message, tag = "2")]
    Start(Empty),
    #[prost(message, tag = "3")]
    End(Empty),
}

#[derive(Clone, PartialEq, Oneof)]
pub enum CountOption {
    #[prost(uint64, tag = "5")]
    Count(u64),
    #[prost(message, tag = "6")]
    Subscription(Empty),
}

#[derive(Clone, PartialEq, Oneof)]
pub enum FilterOption {
    #[prost(message, tag = "7")]
    Filter(Filter),
    #[prost(message, tag = "8")]
    NoFilter(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub struct Filter {
    #[prost(message, optional, tag = "1")]
    pub stream_identifier: Option<Expression>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Expression {
    #[prost(string, repeated, tag = "2")]
    pub prefix: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReadResp {
    #[prost(oneof = "ReadContent", tags = "1, 2, 3, 4")]
    pub content: Option<ReadContent>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ReadContent {
    #[prost(message, tag = "1")]
    Event(ReadEvent),
    #[prost(message, tag = "2")]
    Confirmation(Confirmation),
    #[prost(message, tag = "3")]
    Checkpoint(Position),
    #[prost(message, tag = "4")]
    StreamNotFound(StreamNotFound),
}

#[derive(Clone, PartialEq, Message)]
pub struct ReadEvent {
    #[prost(message, optional, tag = "1")]
    pub event: Option<RecordedEvent>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RecordedEvent {
    #[prost(message, optional, tag = "1")]
    pub id: Option<Uuid>,
    #[prost(message, optional, tag = "2")]
    pub stream_identifier: Option<StreamIdentifier>,
    #[prost(uint64, tag = "3")]
    pub stream_revision: u64,
    #[prost(uint64, tag = "4")]
    pub prepare_position: u64,
    #[prost(uint64, tag = "5")]
    pub commit_position: u64,
    #[prost(map = "string, string", tag = "6")]
    pub metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "7")]
    pub custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "8")]
    pub data: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub struct Confirmation {
    #[prost(string, tag = "1")]
    pub subscription_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamNotFound {
    #[prost(message, optional, tag = "1")]
    pub stream_identifier: Option<StreamIdentifier>,
}
