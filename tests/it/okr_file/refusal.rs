//! What a file may not say; nothing of it is then written, and everything is told at once.

use serde_json::json;
use support::{TestServer, World, both_databases};

use super::{faults, import, state, taken};

both_databases! {
    async fn every_fault_is_told_at_once_with_its_line(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        taken(&server, token, "CSV", "type,external_id,title\nOBJECTIVE,one,One\nOBJECTIVE,two,Two\nOBJECTIVE,three,Three\n").await;
        let before = state(&server).await;
        let text = "type,external_id,code,parent_external_id,parent_code,title,owner_email,team,cycle,state,start,target,current,confidence,external_url\n\
                    OBJECTIVE,new,,,,New,nobody@acme.test,Nowhere,Never,,,,,,\n\
                    KEY_RESULT,k1,,new,,Under a refused one,,,,,0,10,,,\n\
                    KEY_RESULT,k2,,,,No objective,,,,,0,10,,,\n\
                    KEY_RESULT,k3,,missing,,Unknown objective,,,,,0,10,,,\n\
                    KEY_RESULT,k4,,one,O-2,Two objectives,,,,,0,10,,,\n\
                    KEY_RESULT,k5,,three,,No way to go,,,,,10,10,,,\n\
                    KEY_RESULT,k6,,three,,Too sure,,,,,0,10,5,1.5,\n\
                    OBJECTIVE,,O-99,,,No such code,,,,,,,,,\n\
                    OBJECTIVE,one,O-2,,,Of two minds,,,,,,,,,\n\
                    OBJECTIVE,two,,,,,,,,CLOSED,,,,,\n\
                    OBJECTIVE,two,,,,Twice,,,,,,,,,\n\
                    OBJECTIVE,last,,,,,,,,,,,,,\n\
                    OBJECTIVE,page,,,,A page,,,,,,,,,javascript:alert(1)\n";
        let told = faults(&server, token, "CSV", text).await;
        assert_eq!(told, [
            "2 owner_email NOT_FOUND: nobody here has the address nobody@acme.test: add the person first, or leave it empty",
            "2 team NOT_FOUND: there is no team \"Nowhere\": make it first, or leave it empty",
            "2 cycle NOT_FOUND: there is no cycle \"Never\": make it first, or leave it empty",
            "4 parent_external_id REQUIRED: a new key result names its objective, by parent_external_id or parent_code",
            "5 parent_external_id NOT_FOUND: there is no objective \"missing\", neither in this file nor from an earlier one",
            "6 parent_code CONFLICT: names another objective than parent_external_id",
            "7 target INVALID: must be above start, which is 10",
            "8 confidence INVALID: lies between 0 and 1",
            "9 code NOT_FOUND: there is no objective O-99 that you see: leave the code empty for a new one",
            "10 code CONFLICT: the external id belongs to another objective than O-2",
            "11 state NOT_NOW: a goal is closed with its cycle, which scores it; use CANCELLED to give it up",
            "12 external_id CONFLICT: \"two\" stands in line 11 too: an id names one objective",
            "12 external_id CONFLICT: is the same objective as line 11",
            "13 title REQUIRED: a new objective has a title",
            "14 external_url INVALID: is an address that begins with https:// or http://, of at most 2000 characters",
        ]);
        assert_eq!(state(&server).await, before);
        let dry = import(&server, token, "CSV", text, true).await;
        assert_eq!(dry.at("okrImport.report.errorCount"), &json!(15), "a dry run tells the same");
        assert_eq!(dry.at("okrImport.report.keyResults.refused"), &json!(6), "{}", dry.text);
    }

    async fn rings_are_refused_with_their_path(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let ring = "type,external_id,parent_external_id,title\nOBJECTIVE,a,c,A\nOBJECTIVE,b,a,B\nOBJECTIVE,c,b,C\nOBJECTIVE,d,d,D\n";
        assert_eq!(faults(&server, token, "CSV", ring).await, [
            "2 parent_external_id INVALID: an objective lies below itself: a → c → b → a",
            "5 parent_external_id INVALID: an objective lies below itself: d → d",
        ]);
        taken(&server, token, "CSV", "type,external_id,parent_external_id,title\nOBJECTIVE,a,,A\nOBJECTIVE,b,a,B\nOBJECTIVE,c,b,C\n").await;
        // Closed through a row that the file does not name.
        let told = faults(&server, token, "CSV", "type,external_id,parent_external_id,title\nOBJECTIVE,a,c,A\n").await;
        assert_eq!(told, ["2 parent_external_id INVALID: an objective lies below itself: a → O-3 → O-2 → a"]);
    }

    async fn a_name_that_is_unknown_is_told_once_and_hides_nothing(server: TestServer) {
        let world = World::of(&server).await;
        let text = "type,external_id,parent_external_id,title,cycle,owner_email,start,target\n\
                    OBJECTIVE,a,,A,Never,,,\n\
                    OBJECTIVE,b,a,B,never,who@acme.test,,\n\
                    OBJECTIVE,c,a,C,Never,who@acme.test,,\n\
                    KEY_RESULT,k,b,K,,,0,\n";
        assert_eq!(faults(&server, &world.a.leader.token, "CSV", text).await, [
            "2 cycle NOT_FOUND: there is no cycle \"Never\": make it first, or leave it empty (so in 1 more rows)",
            "3 owner_email NOT_FOUND: nobody here has the address who@acme.test: add the person first, or leave it empty (so in 1 more rows)",
            "3 cycle NOT_FOUND: there is no cycle \"never\": make it first, or leave it empty",
            "5 target INVALID: is needed for the kind INCREASE",
        ]);
        assert_eq!(server.database().number("SELECT COUNT(*) FROM objective").await, 0);
    }

    async fn many_faults_are_counted_and_a_hundred_told(server: TestServer) {
        let world = World::of(&server).await;
        let text = format!("type,title\n{}", "OBJECTIVE,\n".repeat(250));
        let answer = import(&server, &world.a.leader.token, "CSV", &text, false).await;
        assert_eq!(answer.at("okrImport.report.errorCount"), &json!(250), "{}", answer.text);
        assert_eq!(answer.at("okrImport.report.errors").as_array().map(Vec::len), Some(100));
        assert_eq!(server.database().number("SELECT COUNT(*) FROM objective").await, 0);
    }
}
