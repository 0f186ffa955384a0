//! Where files are put.

use super::some_secret;
use commands::{Objects, ObjectsError, S3};
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use url::{Host, Url};

/// A folder of this machine (`dir`), or a bucket of a store that speaks S3 (`url` and what goes with
/// it).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Given")]
pub enum Place {
    Folder(PathBuf),
    Bucket(S3),
}

impl Place {
    /// The place, of which nothing was asked yet.
    ///
    /// # Errors
    /// When no client can be made of what was given.
    pub fn objects(&self) -> Result<Objects, ObjectsError> {
        match self {
            Self::Folder(path) => Ok(Objects::folder(path)),
            Self::Bucket(s3) => Objects::s3(s3),
        }
    }

    /// As [`Self::objects`], once a bucket has answered.
    ///
    /// # Errors
    /// When it doesn't: it is not there, not ours, or out of reach.
    pub async fn ready(&self) -> Result<Objects, ObjectsError> {
        let objects = self.objects()?;
        objects.check().await?;
        Ok(objects)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    dir: Option<PathBuf>,
    /// `s3://bucket/prefix`.
    url: Option<Url>,
    endpoint: Option<Url>,
    region: Option<String>,
    virtual_hosted: Option<bool>,
    allow_http: Option<bool>,
    #[serde(deserialize_with = "some_secret")]
    access_key_id: Option<SecretString>,
    #[serde(deserialize_with = "some_secret")]
    secret_access_key: Option<SecretString>,
    timeout_seconds: Option<u64>,
    retries: Option<usize>,
}

impl Given {
    /// Whether there is a word of what a folder doesn't take.
    fn speaks_of_a_bucket(&self) -> bool {
        self.endpoint.is_some()
            || self.region.is_some()
            || self.virtual_hosted.is_some()
            || self.allow_http.is_some()
            || self.access_key_id.is_some()
            || self.secret_access_key.is_some()
            || self.timeout_seconds.is_some()
            || self.retries.is_some()
    }
}

impl TryFrom<Given> for Place {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        match (&given.dir, &given.url) {
            (None, None) => Err("set dir (a folder) or url (s3://bucket/prefix)".into()),
            (Some(_), Some(_)) => Err("dir and url are both set: keep one".into()),
            (Some(_), None) if given.speaks_of_a_bucket() => {
                Err("endpoint, region, keys and the like are for url, not for dir".into())
            }
            (Some(dir), None) => Ok(Self::Folder(dir.clone())),
            (None, Some(url)) => Ok(Self::Bucket(bucket(&given, url)?)),
        }
    }
}

fn bucket(given: &Given, url: &Url) -> Result<S3, String> {
    let named = url.host_str().filter(|_| url.scheme() == "s3");
    let extra = url.query().is_some() || !url.username().is_empty() || url.port().is_some();
    let Some(name) = named.filter(|_| !extra) else {
        return Err("url is s3://bucket or s3://bucket/prefix, nothing else".into());
    };
    let prefix = url.path().trim_matches('/');
    if !S3::is_plain(prefix) {
        return Err(
            "a prefix with %, ~, //, spaces, letters like ñ or other signs that stores spell \
                    in another way: choose a plain one"
                .into(),
        );
    }
    let region = match (&given.region, &given.endpoint) {
        (Some(region), _) => region.clone(),
        (None, Some(_)) => "us-east-1".into(),
        (None, None) => return Err("Amazon's S3 needs region; any other store, endpoint".into()),
    };
    let (Some(access_key_id), Some(secret_access_key)) =
        (given.access_key_id.clone(), given.secret_access_key.clone())
    else {
        return Err("url needs access_key_id and secret_access_key".into());
    };
    let virtual_hosted = given.virtual_hosted.unwrap_or(given.endpoint.is_none());
    let endpoint = given.endpoint.as_ref().map(|endpoint| {
        check_endpoint(endpoint, given.allow_http.unwrap_or(false))?;
        address(endpoint, name, virtual_hosted)
    });
    Ok(S3 {
        bucket: name.to_owned(),
        prefix: prefix.to_owned(),
        endpoint: endpoint.transpose()?,
        region,
        virtual_hosted,
        access_key_id,
        secret_access_key,
        timeout: Duration::from_secs(given.timeout_seconds.unwrap_or(30).max(1)),
        retries: given.retries.unwrap_or(5),
    })
}

/// What is sealed may be seen, but not what signs requests: plain HTTP stays within private networks.
fn check_endpoint(endpoint: &Url, allow_http: bool) -> Result<(), String> {
    let plain =
        endpoint.path() == "/" && endpoint.query().is_none() && endpoint.username().is_empty();
    if !plain {
        return Err("endpoint is https://host or https://host:port, nothing else".into());
    }
    match (endpoint.scheme(), allow_http) {
        ("https", false) => Ok(()),
        ("https", true) => Err("allow_http is for an endpoint with http://".into()),
        ("http", true) if is_near(endpoint.host()) => Ok(()),
        ("http", true) => Err("http:// is for loopback and private addresses only".into()),
        ("http", false) => {
            Err("endpoint is http://: use https, or allow_http = true for a test".into())
        }
        _ => Err("endpoint is https://host".into()),
    }
}

fn is_near(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The store's address, or the bucket's own below it.
fn address(endpoint: &Url, bucket: &str, virtual_hosted: bool) -> Result<String, String> {
    let mut address = endpoint.clone();
    if virtual_hosted {
        let Some(Host::Domain(store)) = endpoint.host() else {
            return Err("virtual_hosted needs an endpoint with a name, not an address".into());
        };
        let host = format!("{bucket}.{store}");
        let set = address.set_host(Some(&host));
        set.map_err(|_| format!("{host} is no host: leave virtual_hosted out"))?;
    }
    Ok(address.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const KEYS: &str = "access_key_id = \"AK\"\nsecret_access_key = \"very-secret\"\n";

    fn read(toml: &str) -> Result<Place, String> {
        use figment::providers::{Format, Toml};
        let figment = figment::Figment::from(Toml::string(toml));
        figment.extract().map_err(|error| error.to_string())
    }

    fn bucket(toml: &str) -> S3 {
        match read(&format!("{KEYS}{toml}")).unwrap() {
            Place::Bucket(s3) => s3,
            Place::Folder(_) => panic!("a folder"),
        }
    }

    #[test]
    fn a_folder_is_a_folder() {
        let Place::Folder(path) = read("dir = \"/var/files\"").unwrap() else {
            panic!("no folder")
        };
        assert_eq!(path, PathBuf::from("/var/files"));
    }

    #[test]
    fn amazons_buckets_have_hosts_and_others_paths_unless_told_otherwise() {
        let amazon = bucket("url = \"s3://files\"\nregion = \"mx-central-1\"");
        assert!(amazon.virtual_hosted && amazon.endpoint.is_none() && amazon.prefix.is_empty());
        let own = "url = \"s3://files/relevo/a/\"\nendpoint = \"https://s3.example:9000\"\n";
        let by_path = bucket(own);
        assert!(!by_path.virtual_hosted);
        assert_eq!(by_path.prefix, "relevo/a");
        assert_eq!(by_path.endpoint.as_deref(), Some("https://s3.example:9000"));
        let by_host = bucket(&format!("{own}virtual_hosted = true"));
        let endpoint = by_host.endpoint.as_deref();
        assert_eq!(endpoint, Some("https://files.s3.example:9000"));
        assert!(!format!("{by_host:?}").contains("very-secret"));
    }

    #[test]
    fn plain_http_is_for_near_addresses_that_say_so() {
        for near in ["127.0.0.1:9000", "10.1.2.3", "[::1]:9000", "localhost:9000"] {
            bucket(&format!(
                "url = \"s3://files\"\nendpoint = \"http://{near}\"\nallow_http = true"
            ));
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let s3 = "url = \"s3://files\"\n";
        let near = "endpoint = \"http://127.0.0.1:9000\"\n";
        let cases = [
            (String::new(), "set dir"),
            (format!("dir = \"a\"\n{s3}"), "both set"),
            (format!("dir = \"a\"\n{KEYS}"), "not for dir"),
            (
                format!("{s3}{near}allow_http = true"),
                "access_key_id and secret",
            ),
            (format!("{KEYS}{s3}"), "needs region"),
            (
                format!("{KEYS}url = \"https://files\"\nregion = \"x\""),
                "s3://bucket",
            ),
            (
                format!("{KEYS}url = \"s3://a:b@files\"\nregion = \"x\""),
                "s3://bucket",
            ),
            (format!("{KEYS}{s3}{near}"), "allow_http"),
            (
                format!("{KEYS}{s3}endpoint = \"http://8.8.8.8\"\nallow_http = true"),
                "private",
            ),
            (
                format!("{KEYS}{s3}endpoint = \"https://s3.example\"\nallow_http = true"),
                "http://",
            ),
            (
                format!("{KEYS}{s3}endpoint = \"https://s3.example/files\""),
                "nothing else",
            ),
            (
                format!("{KEYS}{s3}{near}allow_http = true\nvirtual_hosted = true"),
                "a name",
            ),
            (format!("{KEYS}{s3}bucket = \"x\""), "unknown field"),
        ];
        let prefixes = ["a b", "a%20b", "a~b", "a//b", "año", "a/*", "[a]"];
        let prefixes = prefixes.map(|prefix| {
            let toml = format!("{KEYS}url = \"s3://files/{prefix}\"\n{near}allow_http = true");
            (toml, "a plain one")
        });
        let cases = cases.into_iter().chain(prefixes);
        for (toml, why) in cases {
            let error = read(&toml).unwrap_err();
            assert!(error.contains(why), "{toml}: {error}");
            assert!(!error.contains("very-secret"), "{error}");
        }
    }
}
