//! The socket of a task: what was missed, then events as they come, pictures, and input.

use crate::{Client, ClientError};
use bytes::Bytes;
use domain::TaskId;
use futures::{SinkExt, StreamExt};
use schemas::ws::{ClientFrame, FrameHeader, ServerFrame};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message as Raw};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What a socket brings.
#[derive(Clone, Debug)]
pub enum Message {
    Frame(ServerFrame),
    /// A live picture; the next one comes after [`ClientFrame::FrameAck`].
    Picture(FrameHeader, Bytes),
}

/// An open socket.
pub struct Watch(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// Watches a task from a sequence on (0: everything). `live`: with pictures.
    ///
    /// # Errors
    /// When the socket is refused or not answered.
    pub async fn watch(&self, id: TaskId, after: u64, live: bool) -> Result<Watch, ClientError> {
        let base = self.base.as_str().replacen("http", "ws", 1);
        let mut request = format!("{base}ws/{id}?after={after}&live={live}")
            .into_client_request()
            .map_err(Box::new)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token))
            .map_err(|e| ClientError::Unexpected(e.to_string()))?;
        request.headers_mut().insert("Authorization", bearer);
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Watch(socket)),
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                match serde_json::from_slice(body) {
                    Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
                    Err(_) => Err(ClientError::Unexpected(response.status().to_string())),
                }
            }
            Err(error) => Err(ClientError::Socket(Box::new(error))),
        }
    }
}

impl Watch {
    /// The next message; `None` when the socket has ended.
    ///
    /// # Errors
    /// When the socket breaks, or brings what this client does not know.
    pub async fn next(&mut self) -> Result<Option<Message>, ClientError> {
        loop {
            match self.0.next().await.transpose().map_err(Box::new)? {
                None | Some(Raw::Close(_)) => return Ok(None),
                Some(Raw::Text(text)) => match serde_json::from_str(&text) {
                    // Here pings are seen, and answered.
                    Ok(ServerFrame::Beat { .. }) => {}
                    Ok(frame) => return Ok(Some(Message::Frame(frame))),
                    Err(error) => return Err(ClientError::Unexpected(error.to_string())),
                },
                Some(Raw::Binary(picture)) => return decode(&picture).map(Some),
                Some(_) => {}
            }
        }
    }

    /// Sends an acknowledgement or input.
    ///
    /// # Errors
    /// When the socket is broken.
    pub async fn send(&mut self, frame: &ClientFrame) -> Result<(), ClientError> {
        let text =
            serde_json::to_string(frame).map_err(|e| ClientError::Unexpected(e.to_string()))?;
        Ok(self
            .0
            .send(Raw::Text(text.into()))
            .await
            .map_err(Box::new)?)
    }
}

fn decode(picture: &Bytes) -> Result<Message, ClientError> {
    let malformed = || ClientError::Unexpected("a malformed picture".to_owned());
    let length: [u8; 4] = picture
        .get(..4)
        .and_then(|head| head.try_into().ok())
        .ok_or_else(malformed)?;
    let end = 4 + u32::from_be_bytes(length) as usize;
    let header = picture.get(4..end).ok_or_else(malformed)?;
    let header = serde_json::from_slice(header).map_err(|_| malformed())?;
    Ok(Message::Picture(header, picture.slice(end..)))
}
