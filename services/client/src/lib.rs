//! A typed client of Relevo's public API: what the command line, the demo and the tests use.

mod files;
mod watch;
pub mod words;

pub use files::Saved;
pub use watch::{Message, Watch};

use bytes::Bytes;
use domain::{ArtifactId, InterventionId, ProfileId, TaskId};
use reqwest::{Method, RequestBuilder, Response};
use schemas::rest::{
    AmendTask, AnswerIntervention, CommandAnswer, CreateTask, Page, PortalView, ProfileBody,
    ProfileView, ReturnControl, StepView, TaskView, TicketCheck, TicketView,
};
use schemas::{Problem, PublicEvent};
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;
use url::Url;

/// Why a call failed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The service says why.
    #[error("{}", describe(.0))]
    Refused(Box<Problem>),
    #[error("the service does not answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the socket failed: {0}")]
    Socket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    #[error("unexpected answer: {0}")]
    Unexpected(String),
    #[error("the file can't be written: {0}")]
    File(#[from] std::io::Error),
}

impl ClientError {
    /// The problem document, when the service refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}

fn describe(problem: &Problem) -> String {
    let mut text = format!("{} ({})", problem.title, problem.code());
    if let Some(detail) = &problem.detail {
        text.push_str(": ");
        text.push_str(detail);
    }
    for error in &problem.errors {
        text.push_str(&format!("\n  {}: {}", error.field, error.message));
    }
    text
}

type Result<T> = std::result::Result<T, ClientError>;

/// One user's access to one installation.
#[derive(Clone, Debug)]
pub struct Client {
    base: Url,
    token: String,
    http: reqwest::Client,
}

impl Client {
    /// `base` such as `http://127.0.0.1:8400`; `token` an access token of the provider.
    pub fn new(base: Url, token: impl Into<String>) -> Self {
        Self {
            base,
            token: token.into(),
            http: reqwest::Client::new(),
        }
    }

    /// The portals one can hand tickets in for.
    ///
    /// # Errors
    /// As every call: refused, or not answered.
    pub async fn portals(&self) -> Result<Vec<PortalView>> {
        self.get("portals").await
    }

    /// Hands a ticket in. The same `key` again gives the first answer.
    ///
    /// # Errors
    /// A problem naming each misfit field.
    pub async fn create_task(&self, task: &CreateTask, key: Option<&str>) -> Result<CommandAnswer> {
        let mut request = self.request(Method::POST, "tasks").json(task);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        answer(request).await
    }

    /// A task as its read model has it; not older than `min_position`.
    ///
    /// # Errors
    /// Unknown tasks, and those of others, are not found.
    pub async fn task(&self, id: TaskId, min_position: u64) -> Result<TaskView> {
        self.get(&format!("tasks/{id}?min_position={min_position}"))
            .await
    }

    /// The newest tasks; `query` as in the API (`status=FAILED&limit=20`).
    ///
    /// # Errors
    /// As every call.
    pub async fn tasks(&self, query: &str) -> Result<Page<TaskView>> {
        self.get(&format!("tasks?{query}")).await
    }

    /// What was handed in, opened.
    ///
    /// # Errors
    /// As every call.
    pub async fn ticket(&self, id: TaskId) -> Result<TicketView> {
        self.get(&format!("tasks/{id}/ticket")).await
    }

    /// What handing this ticket in would say; stores nothing.
    ///
    /// # Errors
    /// As every call; misfit fields are in the answer.
    pub async fn check_ticket(&self, ticket: &CreateTask) -> Result<TicketCheck> {
        answer(self.request(Method::POST, "tasks/validate").json(ticket)).await
    }

    /// The steps of a task.
    ///
    /// # Errors
    /// As every call.
    pub async fn steps(&self, id: TaskId) -> Result<Page<StepView>> {
        self.get(&format!("tasks/{id}/steps")).await
    }

    /// The public events of a task after a sequence, from the log itself.
    ///
    /// # Errors
    /// As every call.
    pub async fn events(&self, id: TaskId, after: u64) -> Result<Page<PublicEvent>> {
        self.get(&format!("tasks/{id}/events?after={after}")).await
    }

    /// `pause`, `resume`, `cancel`, `retry`, `archive` or `take-control`.
    ///
    /// # Errors
    /// The refusal, by name.
    pub async fn command(&self, id: TaskId, command: &str) -> Result<CommandAnswer> {
        answer(self.request(Method::POST, &format!("tasks/{id}/{command}"))).await
    }

    /// Mends what was typed.
    ///
    /// # Errors
    /// The refusal, by name, or each misfit field.
    pub async fn amend(&self, id: TaskId, amendment: &AmendTask) -> Result<CommandAnswer> {
        let request = self.request(Method::PATCH, &format!("tasks/{id}"));
        answer(request.json(amendment)).await
    }

    /// Hands control back.
    ///
    /// # Errors
    /// The refusal, by name.
    pub async fn return_control(&self, id: TaskId, back: &ReturnControl) -> Result<CommandAnswer> {
        let request = self.request(Method::POST, &format!("tasks/{id}/return-control"));
        answer(request.json(back)).await
    }

    /// Answers the open question.
    ///
    /// # Errors
    /// The refusal, by name.
    pub async fn answer(
        &self,
        id: TaskId,
        question: InterventionId,
        value: Value,
    ) -> Result<CommandAnswer> {
        let path = format!("tasks/{id}/interventions/{question}/answer");
        let body = AnswerIntervention { answer: value };
        answer(self.request(Method::POST, &path).json(&body)).await
    }

    /// Says no to the open question.
    ///
    /// # Errors
    /// The refusal, by name.
    pub async fn decline(&self, id: TaskId, question: InterventionId) -> Result<CommandAnswer> {
        let path = format!("tasks/{id}/interventions/{question}/decline");
        answer(
            self.request(Method::POST, &path)
                .json(&serde_json::json!({})),
        )
        .await
    }

    /// A stored file.
    ///
    /// # Errors
    /// As every call.
    pub async fn artifact(&self, id: TaskId, artifact: ArtifactId) -> Result<Bytes> {
        let path = format!("tasks/{id}/artifacts/{artifact}");
        let response = checked(self.request(Method::GET, &path).send().await?).await?;
        Ok(response.bytes().await?)
    }

    /// Uploads the invoice's XML, PDF or a ZIP of them, got by hand.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub async fn upload(&self, id: TaskId, media_type: &str, file: Bytes) -> Result<CommandAnswer> {
        let request = self
            .request(Method::POST, &format!("tasks/{id}/artifacts"))
            .header("Content-Type", media_type.to_owned());
        answer(request.body(file)).await
    }

    /// The caller's fiscal profiles.
    ///
    /// # Errors
    /// As every call.
    pub async fn profiles(&self) -> Result<Page<ProfileView>> {
        self.get("profiles").await
    }

    /// One fiscal profile.
    ///
    /// # Errors
    /// As every call.
    pub async fn profile(&self, id: ProfileId) -> Result<ProfileView> {
        self.get(&format!("profiles/{id}")).await
    }

    /// Adds a fiscal profile.
    ///
    /// # Errors
    /// Each misfit field.
    pub async fn create_profile(&self, profile: &ProfileBody) -> Result<ProfileView> {
        answer(self.request(Method::POST, "profiles").json(profile)).await
    }

    /// A request of the caller, for what has no method here. `path` is below `/api/v1/`.
    pub fn raw(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.request(Method::GET, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}api/v1/{path}", self.base);
        self.http.request(method, url).bearer_auth(&self.token)
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    Ok(checked(request.send().await?).await?.json().await?)
}

async fn checked(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await?;
    match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
        Err(_) => Err(ClientError::Unexpected(format!("{status}: {text}"))),
    }
}
