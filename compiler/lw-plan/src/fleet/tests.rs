use serde_json::json;

use super::*;

fn fleet(properties: Json) -> Fleet {
    let mut whole = json!({"Template": {"Type": "T", "Properties": {}}, "Size": {"Desired": 4}});
    whole.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    Fleet::read(whole.as_object().unwrap()).expect("readable")
}

#[test]
fn what_is_left_out_is_safe() {
    let fleet = fleet(json!({}));
    assert_eq!(fleet.size, Bounds { min: 1, desired: 4, max: 4 });
    assert_eq!((fleet.floor(4), fleet.ceiling(4)), (4, 5));
    assert!(fleet.rollout.rolls_back);
    assert_eq!(fleet.problems(), []);
}

#[test]
fn what_is_no_fleet_names_the_property() {
    let read = |properties: Json| Fleet::read(properties.as_object().unwrap()).unwrap_err().property;
    assert_eq!(read(json!({})), "Template");
    let template = json!({"Type": "T", "Properties": {}});
    assert_eq!(read(json!({"Template": template})), "Size");
    assert_eq!(read(json!({"Template": template, "Size": {"Desired": {"$get": ["a", "B"]}}})), "Size");
    let wrong = json!({"Template": template, "Size": {"Desired": 1}, "Rollout": {"Sideways": {}}});
    assert_eq!(read(wrong), "Rollout");
}

/// Every size to 200, every percentage, both ways: what the rollout may take and add, and that it can move unless it is refused.
#[test]
fn floors_and_ceilings_hold_for_every_size_and_percentage() {
    for desired in 0..=200u32 {
        for surge in 0..=100u32 {
            let up = Amount::Share(surge).rounded_up(desired);
            assert!(up <= desired && u64::from(up) * 100 >= u64::from(desired) * u64::from(surge));
            assert!(up == 0 || (u64::from(up) - 1) * 100 < u64::from(desired) * u64::from(surge), "not one too many");
            let down = Amount::Share(surge).rounded_down(desired);
            assert!(down <= up, "what may be missing is never rounded above what may be added");
            assert!(u64::from(down) * 100 <= u64::from(desired) * u64::from(surge));
            assert!((u64::from(down) + 1) * 100 > u64::from(desired) * u64::from(surge), "not one too few");
        }
        let mut fleet = fleet(json!({"Size": {"Min": 0, "Desired": desired, "Max": 200}}));
        for surge in 0..=100 {
            for unavailable in 0..=100 {
                fleet.rollout.strategy =
                    Strategy::Rolling { max_surge: Amount::Share(surge), max_unavailable: Amount::Share(unavailable) };
                let (floor, ceiling) = (fleet.floor(desired), fleet.ceiling(desired));
                assert!(floor <= desired && desired <= ceiling && ceiling <= 2 * desired);
                let moves = ceiling > desired || floor < desired;
                let small = (u64::from(desired) * u64::from(unavailable)) < 100;
                assert_eq!(moves, desired > 0 && (surge > 0 || !small), "{desired} {surge} {unavailable}");
            }
        }
    }
}

#[test]
fn a_rollout_that_cannot_move_at_some_size_is_found() {
    let codes = |properties: Json| fleet(properties).problems().iter().map(|problem| problem.code).collect::<Vec<_>>();
    let rolling = |surge: u32, unavailable: u32| json!({"Rolling": {"maxSurge": {"Share": surge}, "maxUnavailable": {"Share": unavailable}}});
    assert_eq!(codes(json!({"Rollout": rolling(0, 0)})), ["LW0281"]);
    assert_eq!(codes(json!({"Rollout": rolling(0, 20)})), ["LW0281"], "a fifth of four is none");
    assert_eq!(codes(json!({"Rollout": rolling(0, 25)})), [""; 0]);
    assert_eq!(
        codes(json!({"Rollout": rolling(0, 25), "Size": {"Min": 4, "Desired": 4}})),
        ["LW0281"],
        "`min` is four"
    );
    let scale = json!({"Metric": {"Balancer": "load"}, "Target": 10});
    let size = json!({"Min": 2, "Desired": 4, "Max": 8});
    assert_eq!(codes(json!({"Rollout": rolling(0, 25), "Size": size, "Scale": scale})), ["LW0281"], "at two");
    assert_eq!(codes(json!({"Rollout": rolling(1, 0)})), [""; 0]);
    let budget = json!({"MaxUnavailable": {"Members": 0}});
    let size = json!({"Min": 1, "Desired": 4});
    let whole = json!({"Rolling": {"maxSurge": {"Members": 0}, "maxUnavailable": {"Members": 2}}});
    assert_eq!(codes(json!({"Rollout": whole, "Size": size, "Disruption": budget})), ["LW0281"]);
}

#[test]
fn spans_are_shown_as_people_write_them() {
    let spans =
        [(0, "0ms"), (1500, "1500ms"), (90_000, "90s"), (120_000, "2m"), (7_200_000, "2h"), (172_800_000, "2d")];
    for (span_ms, shown) in spans {
        assert_eq!(words(span_ms), shown);
    }
}
