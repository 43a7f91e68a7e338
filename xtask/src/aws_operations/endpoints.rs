//! Hosts that are not `service.region.suffix`.

use serde_json::{Map, Value, json};

/// By partition: `{"*": {"host": …, "region": …}}` for a service with one endpoint, or by region where one has another name.
pub fn of(endpoints: &Value, prefix: &str) -> Value {
    let mut hosts = Map::new();
    for partition in endpoints["partitions"].as_array().into_iter().flatten() {
        let suffix = partition["dnsSuffix"].as_str().unwrap_or_default();
        let service = &partition["services"][prefix];
        let mut entries = Map::new();
        if service["isRegionalized"] == json!(false)
            && let Some(global) = service["partitionEndpoint"].as_str()
        {
            let endpoint = &service["endpoints"][global];
            let host = endpoint["hostname"].as_str().map_or_else(|| format!("{prefix}.{suffix}"), str::to_owned);
            entries.insert("*".to_owned(), json!({"host": host, "region": endpoint["credentialScope"]["region"]}));
        } else {
            let regions = partition["regions"].as_object().into_iter().flat_map(Map::keys);
            for region in regions {
                let endpoint = &service["endpoints"][region];
                let Some(host) = endpoint["hostname"].as_str() else { continue };
                if host != format!("{prefix}.{region}.{suffix}") {
                    entries.insert(region.clone(), json!({"host": host, "region": region}));
                }
            }
        }
        if let (Some(name), false) = (partition["partition"].as_str(), entries.is_empty()) {
            hosts.insert(name.to_owned(), Value::Object(entries));
        }
    }
    Value::Object(hosts)
}
