//! Which host a service has in a region.

use adapter::AdapterError;

use super::Target;
use crate::model::Service;

/// Where requests go, and what they are signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `https://ec2.eu-west-1.amazonaws.com`.
    pub url: String,
    pub region: String,
}

/// The beginnings of regions' names, with the partition and the domain that its hosts are in. The first that fits counts.
const PARTITIONS: &[(&str, &str, &str)] = &[
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
];

/// `aws`, `aws-cn`, `aws-us-gov`.
pub fn partition(region: &str) -> &'static str {
    of_region(region).1
}

/// `amazonaws.com`.
pub fn suffix(region: &str) -> &'static str {
    of_region(region).2
}

fn of_region(region: &str) -> (&'static str, &'static str, &'static str) {
    let found = PARTITIONS.iter().find(|(beginning, ..)| region.starts_with(beginning));
    *found.unwrap_or(&PARTITIONS[PARTITIONS.len() - 1])
}

pub fn of(service: &Service, target: &Target) -> Result<Endpoint, AdapterError> {
    let region = target.region.as_str();
    if region.is_empty() || !region.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-') {
        return Err(AdapterError::permanent("Region", format!("`{region}` is no region of AWS")));
    }
    let own = service.metadata.hosts.get(partition(region));
    let own = own.and_then(|hosts| hosts.get(region).or_else(|| hosts.get("*")));
    let signed_for = own.map_or(region, |host| host.region.as_str()).to_string();
    if let Some(url) = &target.endpoint {
        let fits = ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
        if !fits || url.contains(['?', '#', ' ']) {
            return Err(AdapterError::permanent("Endpoint", format!("`{url}` is no endpoint: http://host:port")));
        }
        return Ok(Endpoint { url: url.clone(), region: signed_for });
    }
    let host = match own {
        Some(host) => host.host.clone(),
        None => format!("{}.{region}.{}", service.metadata.endpoint_prefix, suffix(region)),
    };
    Ok(Endpoint { url: format!("https://{host}"), region: signed_for })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    fn url(name: &str, region: &str) -> String {
        let target = Target { region: region.to_string(), ..Target::default() };
        let endpoint = of(service(name).expect("a model"), &target).expect("an endpoint");
        format!("{} for {}", endpoint.url, endpoint.region)
    }

    #[test]
    fn hosts_by_service_region_and_partition() {
        assert_eq!(url("ec2", "eu-west-1"), "https://ec2.eu-west-1.amazonaws.com for eu-west-1");
        assert_eq!(url("ec2", "cn-north-1"), "https://ec2.cn-north-1.amazonaws.com.cn for cn-north-1");
        assert_eq!(url("sts", "us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com for us-gov-west-1");
        assert_eq!(url("iam", "eu-west-1"), "https://iam.amazonaws.com for us-east-1");
        assert_eq!(url("iam", "cn-north-1"), "https://iam.cn-north-1.amazonaws.com.cn for cn-north-1");
        assert_eq!(url("s3", "eu-central-1"), "https://s3.eu-central-1.amazonaws.com for eu-central-1");
    }

    #[test]
    fn what_is_no_region_or_endpoint_is_refused() {
        let ec2 = service("ec2").expect("a model");
        for region in ["", "eu west", "evil.example.com/"] {
            assert!(of(ec2, &Target { region: region.to_string(), ..Target::default() }).is_err(), "{region}");
        }
        for endpoint in ["", "http://", "localhost:5000", "http://host/?x", "ftp://host"] {
            let target =
                Target { region: "eu-west-1".to_string(), endpoint: Some(endpoint.to_string()), ..Target::default() };
            assert!(of(ec2, &target).is_err(), "{endpoint}");
        }
    }
}
