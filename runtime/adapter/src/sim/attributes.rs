//! What the simulated cloud fills in: defaults, the physical id, and every read-only attribute.
//!
//! The one idea: an attribute is invented from its name, its schema and the object's own dice, so that it looks like the real one
//! and is the same in every run. Deliberately absent: behaviour. An instance does not boot.

use lw_plan::{Json, Map};

use super::dice::Dice;
use super::identity::{domain, id_prefix_of_name, invent_arn, invent_id, kebab, leaf};
use super::pattern;
use crate::Place;
use crate::catalogue::{PropertySchema, TypeSchema};

/// What an object is completed with.
pub struct Surroundings<'a> {
    pub place: &'a Place,
    pub now_ms: u64,
    /// From 0: how many objects were invented for this call whose id was taken.
    pub attempt: u32,
    /// The properties of another live object, by what it is called.
    pub look: &'a dyn Fn(&str) -> Option<&'a Map<String, Json>>,
    /// Whether an address of a subnet is free.
    pub is_free: &'a dyn Fn(&str, &str) -> bool,
}

/// Fills in what was not written and says what the object is called.
pub fn complete(
    schema: &TypeSchema,
    properties: &mut Map<String, Json>,
    surroundings: &Surroundings<'_>,
    dice: &mut Dice,
) -> String {
    for (name, property) in &schema.properties {
        if let Some(default) = &property.default
            && !properties.contains_key(name)
            && !schema.is_read_only(name)
        {
            properties.insert(name.clone(), default.clone());
        }
    }
    let inventor = &mut Inventor {
        schema,
        surroundings,
        dice,
        name: String::new(),
        id: None,
        arn: None,
        private_address: None,
        public_address: None,
    };
    inventor.name = inventor.name_of(properties);
    let mut parts = Vec::with_capacity(schema.identifier.len());
    for path in &schema.identifier {
        parts.push(inventor.settle(properties, path, true));
    }
    for path in &schema.read_only {
        // An attribute below something that may be written is there when that is.
        let is_there =
            schema.is_read_only(&path[0]) || properties.contains_key(&path[0]) || is_managed_secret(path, properties);
        if is_there && !path.iter().any(|step| step == "*") {
            inventor.settle(properties, path, false);
        }
    }
    let parts: Vec<String> = parts.iter().map(plain).collect();
    if parts.is_empty() { inventor.own_id(properties) } else { parts.join("|") }
}

/// A database's secret, which the cloud makes when it is asked to.
fn is_managed_secret(path: &[String], properties: &Map<String, Json>) -> bool {
    path[0] == "MasterUserSecret" && properties.get("ManageMasterUserPassword") == Some(&Json::Bool(true))
}

/// A JSON value as a part of a physical id.
pub fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

struct Inventor<'a, 's> {
    schema: &'a TypeSchema,
    surroundings: &'a Surroundings<'s>,
    dice: &'a mut Dice,
    name: String,
    id: Option<String>,
    arn: Option<String>,
    private_address: Option<String>,
    public_address: Option<String>,
}

impl Inventor<'_, '_> {
    /// The value at a path, which is invented if nothing is there.
    fn settle(&mut self, properties: &mut Map<String, Json>, path: &[String], identifies: bool) -> Json {
        let Some((last, above)) = path.split_last() else { return Json::Null };
        let mut present: Option<&Json> = properties.get(&path[0]);
        for step in &path[1..] {
            present = present.and_then(|value| value.get(step));
        }
        if let Some(value) = present {
            return value.clone();
        }
        let value = self.attribute(properties, path, last, identifies);
        let mut object = properties;
        for step in above {
            let next = object.entry(step.clone()).or_insert_with(|| Json::Object(Map::new()));
            match next {
                Json::Object(inner) => object = inner,
                _ => return value,
            }
        }
        object.insert(last.clone(), value.clone());
        value
    }

    /// The name that was written, or one made up of the type and chance.
    fn name_of(&mut self, properties: &Map<String, Json>) -> String {
        let text = |property: &str| properties.get(property).and_then(Json::as_str).map(str::to_string);
        if let [path] = self.schema.identifier.as_slice()
            && let [property] = path.as_slice()
            && let Some(value) = text(property)
        {
            return value;
        }
        let leaf = leaf(&self.schema.wire_type);
        let own = [format!("{leaf}Name"), "Name".to_string(), format!("{leaf}Identifier"), "Family".to_string()];
        own.iter()
            .find_map(|property| text(property))
            .or_else(|| {
                let names = |property: &&String| property.ends_with("Name") && !self.schema.is_read_only(property);
                let own = |property: &&String| leaf.contains(property.trim_end_matches("Name"));
                properties.keys().filter(names).find(own).and_then(|property| text(property))
            })
            .unwrap_or_else(|| format!("{}-{}", kebab(leaf), self.dice.hex(8)))
    }

    fn own_id(&mut self, properties: &Map<String, Json>) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let id = match self.schema.wire_type.as_str() {
            "AWS::Cognito::UserPool" => format!(
                "{}_{}",
                self.surroundings.place.region,
                self.dice.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 9)
            ),
            "AWS::SQS::Queue" => self.queue_url(),
            "AWS::SecretsManager::Secret" | "AWS::CertificateManager::Certificate" => self.own_arn(properties),
            "AWS::Route53::RecordSet" => self.name.clone(),
            _ if properties.contains_key("Arn") => plain(&properties["Arn"]),
            wire_type => invent_id(wire_type, self.dice),
        };
        self.id = Some(id.clone());
        id
    }

    fn own_arn(&mut self, properties: &Map<String, Json>) -> String {
        if let Some(arn) = &self.arn {
            return arn.clone();
        }
        let identified_by_id = match self.schema.identifier.as_slice() {
            [path] => path.len() == 1 && path[0].ends_with("Id"),
            _ => false,
        };
        let has_arn_as_id = matches!(
            self.schema.wire_type.as_str(),
            "AWS::SQS::Queue" | "AWS::SecretsManager::Secret" | "AWS::CertificateManager::Certificate"
        );
        let name = if identified_by_id && !has_arn_as_id {
            let property = &self.schema.identifier[0][0];
            properties.get(property).map_or_else(|| self.own_id(properties), plain)
        } else {
            self.name.clone()
        };
        let version = self.surroundings.attempt + 1;
        let arn = invent_arn(&self.schema.wire_type, self.surroundings.place, &name, properties, version, self.dice);
        self.arn = Some(arn.clone());
        arn
    }

    fn queue_url(&self) -> String {
        let Place { account, region } = self.surroundings.place;
        format!("https://sqs.{region}.{}/{account}/{}", domain(region), self.name)
    }

    fn attribute(&mut self, properties: &Map<String, Json>, path: &[String], name: &str, identifies: bool) -> Json {
        if let Some(known) = self.known(properties, &path.join(".")) {
            return known;
        }
        let none = PropertySchema::default();
        let schema = match path {
            [top] => self.schema.properties.get(top),
            nested => self.schema.attributes.get(nested),
        };
        let schema = schema.unwrap_or(&none);
        if let Some(default) = &schema.default {
            return default.clone();
        }
        if let Some(value) = settled_value(&schema.values) {
            return value.clone();
        }
        if schema.format.as_deref() == Some("date-time") {
            return Json::String(instant(self.surroundings.now_ms));
        }
        match schema.kind.as_str() {
            "array" => return Json::Array(Vec::new()),
            "object" => return Json::Object(Map::new()),
            "boolean" => return Json::Bool(false),
            "integer" | "number" => return Json::from(i64::from(name.contains("Version") || identifies)),
            _ => {}
        }
        let text = self.text(properties, name, identifies);
        let Some(pattern) = &schema.pattern else { return Json::String(text) };
        let conforming = pattern::conform(pattern, &text, self.surroundings.place, self.dice);
        if self.id.as_ref() == Some(&text) {
            self.id = Some(conforming.clone());
        }
        if self.arn.as_ref() == Some(&text) {
            self.arn = Some(conforming.clone());
        }
        Json::String(conforming)
    }

    /// Attributes of well-known types whose form people know by heart.
    fn known(&mut self, properties: &Map<String, Json>, path: &str) -> Option<Json> {
        let place = self.surroundings.place;
        let (region, domain) = (place.region.as_str(), domain(&place.region));
        let wire_type = self.schema.wire_type.as_str();
        let text = match (wire_type, path) {
            ("AWS::S3::Bucket", "DomainName") => format!("{}.s3.{domain}", self.name),
            ("AWS::S3::Bucket", "RegionalDomainName") => format!("{}.s3.{region}.{domain}", self.name),
            ("AWS::S3::Bucket", "DualStackDomainName") => format!("{}.s3.dualstack.{region}.{domain}", self.name),
            ("AWS::S3::Bucket", "WebsiteURL") => format!("http://{}.s3-website-{region}.{domain}", self.name),
            ("AWS::SQS::Queue", "QueueUrl") => self.queue_url(),
            ("AWS::ECR::Repository", "RepositoryUri") => {
                format!("{}.dkr.ecr.{region}.{domain}/{}", place.account, self.name)
            }
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName") => {
                format!("{}-{}.{region}.elb.{domain}", self.name, self.dice.digits(10))
            }
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName")
            | ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName") => {
                let arn = self.own_arn(properties);
                let after = arn.splitn(6, ':').nth(5).unwrap_or(&arn).to_string();
                after.strip_prefix("loadbalancer/").map(str::to_string).unwrap_or(after)
            }
            ("AWS::CloudFront::Distribution", "DomainName") => {
                format!("d{}.cloudfront.net", self.dice.text(b"abcdefghijklmnopqrstuvwxyz0123456789", 13))
            }
            ("AWS::EKS::Cluster", "Endpoint") => {
                format!("https://{}.gr7.{region}.eks.{domain}", self.dice.hex(32).to_uppercase())
            }
            ("AWS::RDS::DBInstance", "Endpoint.Address") => {
                format!("{}.{}.{region}.rds.{domain}", self.name, self.dice.hex(12))
            }
            ("AWS::RDS::DBCluster", "Endpoint.Address") => {
                format!("{}.cluster-{}.{region}.rds.{domain}", self.name, self.dice.hex(12))
            }
            ("AWS::RDS::DBCluster", "ReadEndpoint.Address") => {
                format!("{}.cluster-ro-{}.{region}.rds.{domain}", self.name, self.dice.hex(12))
            }
            ("AWS::RDS::DBInstance" | "AWS::RDS::DBCluster", "Endpoint.Port") => {
                properties.get("Port").map_or_else(|| database_port(properties).to_string(), plain)
            }
            ("AWS::RDS::DBInstance", "DbiResourceId") => {
                format!("db-{}", self.dice.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26))
            }
            ("AWS::EC2::VPC", "DefaultSecurityGroup") => format!("sg-0{}", self.dice.hex(16)),
            ("AWS::EC2::VPC", "DefaultNetworkAcl") => format!("acl-0{}", self.dice.hex(16)),
            ("AWS::EC2::VPC", "CidrBlockAssociations") => {
                return Some(Json::from(vec![format!("vpc-cidr-assoc-0{}", self.dice.hex(16))]));
            }
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => {
                format!("https://{}.execute-api.{region}.{domain}", self.own_id(properties))
            }
            ("AWS::EC2::Route", "CidrBlock") => {
                let destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
                plain(destinations.iter().find_map(|property| properties.get(*property))?)
            }
            ("AWS::EC2::VPCGatewayAttachment", "AttachmentType") => {
                let kind = if properties.contains_key("VpnGatewayId") { "VGW" } else { "IGW" };
                kind.to_string()
            }
            ("AWS::EC2::NatGateway", "EniId") => format!("eni-0{}", self.dice.hex(16)),
            ("AWS::EC2::NatGateway", "AutoProvisionZones" | "AutoScalingIps") => "disabled".to_string(),
            ("AWS::EC2::SecurityGroup", "Id" | "GroupId") => self.own_id(properties),
            ("AWS::EC2::LaunchTemplate", "LatestVersionNumber" | "DefaultVersionNumber") => "1".to_string(),
            ("AWS::Lambda::Version", "Version") => (self.surroundings.attempt + 1).to_string(),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("{}/stream/{}", self.own_arn(properties), instant(self.surroundings.now_ms))
            }
            ("AWS::Route53::HostedZone", "NameServers") => {
                let server =
                    |number: usize, domain: &str| format!("ns-{}.awsdns-{:02}.{domain}", number * 512 + 7, number * 13);
                let domains = ["com", "net", "org", "co.uk"];
                return Some(domains.iter().enumerate().map(|(number, domain)| server(number, domain)).collect());
            }
            ("AWS::IAM::Role", "RoleId") => self.iam_id("AROA"),
            ("AWS::IAM::User", "UserId") => self.iam_id("AIDA"),
            ("AWS::IAM::Group", "GroupId") => self.iam_id("AGPA"),
            ("AWS::IAM::ManagedPolicy", "PolicyId") => self.iam_id("ANPA"),
            ("AWS::EC2::Instance" | "AWS::EC2::NetworkInterface", "VpcId") => {
                return self.beside(properties, "SubnetId", "VpcId");
            }
            ("AWS::EC2::Instance" | "AWS::EC2::Subnet", "AvailabilityZone") => self
                .beside(properties, "SubnetId", "AvailabilityZone")
                .map_or_else(|| format!("{region}a"), |zone| plain(&zone)),
            ("AWS::EC2::Instance", "State") => return Some(serde_json::json!({"Code": "16", "Name": "running"})),
            ("AWS::EC2::Instance", "PrivateIp") | ("AWS::EC2::NetworkInterface", "PrimaryPrivateIpAddress") => {
                self.private_address(properties)
            }
            ("AWS::EC2::Instance", "PrivateDnsName") => {
                let address =
                    properties.get("PrivateIp").map(plain).unwrap_or_else(|| self.private_address(properties));
                format!("ip-{}.{}", address.replace('.', "-"), internal_domain(region))
            }
            _ => return None,
        };
        Some(Json::String(text))
    }

    /// A property of the object that a property of this one names.
    fn beside(&self, properties: &Map<String, Json>, through: &str, property: &str) -> Option<Json> {
        let named = properties.get(through)?.as_str()?;
        (self.surroundings.look)(named)?.get(property).cloned()
    }

    fn text(&mut self, properties: &Map<String, Json>, name: &str, identifies: bool) -> String {
        let leaf = leaf(&self.schema.wire_type);
        let region = self.surroundings.place.region.as_str();
        let is_own = |suffix: &str| name == suffix || name.strip_suffix(suffix).is_some_and(|stem| leaf.contains(stem));
        if name.ends_with("Arn") || name.ends_with("ARN") {
            let arn = self.own_arn(properties);
            return if identifies || is_own("Arn") || is_own("ARN") { arn } else { format!("{arn}/{}", kebab(name)) };
        }
        if name.ends_with("Id") || name.ends_with("ID") {
            if identifies || is_own("Id") || is_own("ID") {
                return self.own_id(properties);
            }
            let stem = &name[..name.len() - 2];
            if name.ends_with("HostedZoneId") || name.ends_with("HostedZoneID") {
                return format!("Z{}", self.dice.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 13));
            }
            return match id_prefix_of_name(stem) {
                Some(prefix) => format!("{prefix}-0{}", self.dice.hex(16)),
                None => self.dice.hex(17),
            };
        }
        let has = |word: &str| name.to_ascii_lowercase().ends_with(word);
        match () {
            () if has("publicip") || has("publicipaddress") => self.public_address(),
            () if has("privateip") || has("privateipaddress") => self.private_address(properties),
            () if has("ipv6address") => {
                format!("2600:1f18:{}:{}::{}", self.dice.hex(4), self.dice.hex(4), self.dice.hex(4))
            }
            () if has("ipaddress") || has("ip") => self.private_address(properties),
            () if has("publicdnsname") => {
                let address = self.public_address();
                format!("ec2-{}.{region}.compute.{}", address.replace('.', "-"), domain(region))
            }
            () if has("url") || has("uri") => format!("https://{}.{region}.{}", self.host(), domain(region)),
            () if has("dnsname") || has("domainname") || has("endpoint") || has("address") || has("host") => {
                format!("{}.{region}.{}", self.host(), domain(region))
            }
            () if has("status") || has("state") => "available".to_string(),
            () if has("time") || has("date") || has("timestamp") || has("createdat") || has("updatedat") => {
                instant(self.surroundings.now_ms)
            }
            () if has("version") || has("versionnumber") || has("revision") => "1".to_string(),
            () if has("port") => "443".to_string(),
            () if has("availabilityzone") => format!("{region}a"),
            () if has("region") => region.to_string(),
            () if has("accountid") || has("owner") => self.surroundings.place.account.clone(),
            () if identifies || has("name") || has("identifier") => self.name.clone(),
            () => format!("{}-{}", kebab(name), self.dice.hex(8)),
        }
    }

    fn host(&mut self) -> String {
        let label: String =
            self.name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        format!("{}-{}", label.to_lowercase(), self.dice.hex(8))
    }

    fn iam_id(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.dice.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17))
    }

    fn public_address(&mut self) -> String {
        let dice = &mut self.dice;
        let new = || format!("{}.{}.{}.{}", 3 + dice.below(50), dice.below(256), dice.below(256), 1 + dice.below(254));
        self.public_address.get_or_insert_with(new).clone()
    }

    fn private_address(&mut self, properties: &Map<String, Json>) -> String {
        if let Some(written) = properties.get("PrivateIpAddress").and_then(Json::as_str) {
            return written.to_string();
        }
        if self.private_address.is_none() {
            self.private_address = Some(self.free_address(properties));
        }
        self.private_address.clone().unwrap_or_default()
    }

    /// A free address of the object's subnet, or any private one.
    fn free_address(&mut self, properties: &Map<String, Json>) -> String {
        let subnet = properties.get("SubnetId").and_then(Json::as_str).unwrap_or_default();
        let network = (self.surroundings.look)(subnet)
            .and_then(|subnet| subnet.get("CidrBlock"))
            .and_then(Json::as_str)
            .and_then(super::network::Network::parse);
        let Some(network) = network else {
            return format!("10.{}.{}.{}", self.dice.below(256), self.dice.below(256), 4 + self.dice.below(250));
        };
        // The cloud keeps the first four addresses and the last one of a subnet for itself.
        let usable = network.size().saturating_sub(5).max(1);
        let start = self.dice.below(usable);
        (0..usable.min(65_536))
            .map(|step| network.address(4 + (start + step) % usable))
            .find(|address| (self.surroundings.is_free)(subnet, address))
            .unwrap_or_else(|| network.address(4))
    }
}

/// The value that an object settles into, among those allowed.
fn settled_value(values: &[Json]) -> Option<&Json> {
    const SETTLED: &[&str] = &["active", "available", "enabled", "ready", "running", "deployed", "in-service", "ok"];
    let wanted = |value: &&Json| {
        value.as_str().is_some_and(|text| SETTLED.iter().any(|settled| text.eq_ignore_ascii_case(settled)))
    };
    values.iter().find(wanted).or(values.first())
}

fn database_port(properties: &Map<String, Json>) -> u16 {
    match properties.get("Engine").and_then(Json::as_str).unwrap_or_default() {
        engine if engine.contains("postgres") => 5432,
        engine if engine.starts_with("oracle") => 1521,
        engine if engine.starts_with("sqlserver") => 1433,
        _ => 3306,
    }
}

fn internal_domain(region: &str) -> String {
    if region == "us-east-1" { "ec2.internal".to_string() } else { format!("{region}.compute.internal") }
}

/// `2026-11-22T20:31:05Z`.
pub fn instant(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (days, second_of_day) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days to a civil date, after Howard Hinnant's `civil_from_days`.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn writes_instants_as_people_read_them() {
        assert_eq!(instant(0), "1970-01-01T00:00:00Z");
        assert_eq!(instant(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(instant(1_795_379_465_000), "2026-11-22T20:31:05Z");
    }
}
