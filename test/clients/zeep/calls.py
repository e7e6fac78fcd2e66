"""Runs every SOAP call through zeep, from both WSDLs. Arguments: origin, user name, password. Prints one word at the end."""

import datetime
import sys

import zeep

ORIGIN, USERNAME, PASSWORD, AGENT = sys.argv[1:5]


def run(api):
    client = zeep.Client(f"{ORIGIN}/services/wsdl/{api}?version=64.0")
    service = client.service
    login = service.login(username=USERNAME, password=PASSWORD)
    service = client.create_service(f"{{urn:{api}.soap.sforce.com}}SoapBinding", login.serverUrl)
    headers = {"SessionHeader": {"sessionId": login.sessionId}}

    def call(name, **arguments):
        answer = getattr(service, name)(**arguments, _soapheaders=headers)
        # An answer with headers in it comes in two parts.
        return answer.body.result if hasattr(answer, "body") else answer

    ens = f"{{urn:sobject.{api}.soap.sforce.com}}"

    def record(**fields):
        if api == "enterprise":
            return client.get_type(f"{ens}LiveAgentSession")(**fields)
        elements = []
        identifier = fields.pop("Id", zeep.xsd.Nil)
        for name, value in fields.items():
            text = value.isoformat() if isinstance(value, datetime.datetime) else value
            kind = zeep.xsd.Element(f"{ens}{name}", zeep.xsd.String())
            elements.append(zeep.xsd.AnyObject(kind, str(text)))
        return client.get_type(f"{ens}sObject")(type="LiveAgentSession", Id=identifier, _value_1=elements)

    assert "LiveAgentSession" in [one.name for one in call("describeGlobal").sobjects]
    described = call("describeSObjects", sObjectType=["LiveAgentSession", "User"])
    assert [one.keyPrefix for one in described] == ["0HK", "005"]
    assert call("describeSObject", sObjectType="Group").name == "Group"
    assert call("describeLayout", sObjectType="LiveAgentSession").layouts
    assert call("describeTabs")[0].label == "Floorwalker"

    start = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.timezone.utc)
    end = start + datetime.timedelta(hours=1)
    [saved] = call("create", sObjects=[record(AgentId=AGENT, LoginTime=start, LogoutTime=end, TimeIdle=3)])
    assert saved.success, saved
    [changed] = call("update", sObjects=[record(Id=saved.id, TimeIdle=4)])
    assert changed.success, changed
    [refused] = call("upsert", externalIDFieldName="Id", sObjects=[record(Id=saved.id, TimeIdle=4)])
    assert refused.errors[0].statusCode == "INVALID_ENTITY_FOR_UPSERT", refused
    [row] = call("retrieve", fieldList="TimeIdle,LoginTime", sObjectType="LiveAgentSession", ids=[saved.id])
    if api == "enterprise":
        assert row.TimeIdle == 4 and row.LoginTime == start, row
    else:
        assert [one.text for one in row._value_1][:1] == ["4"], row
    soql = f"SELECT Id, Name, Agent.Name, TimeIdle FROM LiveAgentSession WHERE Id = '{saved.id}'"
    page = call("query", queryString=soql)
    assert page.done and page.size == 1 and page.records[0].Id == saved.id, page
    if api == "enterprise":
        assert page.records[0].Agent.Name == "Ana Alvarez", page
    [gone] = call("delete", ids=[saved.id])
    assert gone.success
    assert call("queryAll", queryString=soql).size == 1
    assert call("undelete", ids=[saved.id])[0].success
    call("delete", ids=[saved.id])
    assert call("emptyRecycleBin", ids=[saved.id])[0].success

    try:
        call("queryMore", queryLocator="nothing")
        raise AssertionError("a locator that is none was accepted")
    except zeep.exceptions.Fault as fault:
        assert fault.message == "INVALID_QUERY_LOCATOR: invalid query locator", fault.message

    now = call("getServerTimestamp")
    now = getattr(now, "timestamp", now)
    window = {"sObjectType": "LiveAgentSession", "startDate": now - datetime.timedelta(minutes=10), "endDate": now}
    assert call("getUpdated", **window).latestDateCovered
    assert call("getDeleted", **window).earliestDateAvailable
    call("search", searchString="FIND {anything}")
    assert call("getUserInfo").userName == USERNAME
    call("setPassword", userId=call("getUserInfo").userId, password=PASSWORD)
    # A new password ends every session.
    try:
        call("logout")
        raise AssertionError("the session outlived the password")
    except zeep.exceptions.Fault as fault:
        assert fault.message.startswith("INVALID_SESSION_ID"), fault.message
    again = service.login(username=USERNAME, password=PASSWORD)
    service.logout(_soapheaders={"SessionHeader": {"sessionId": again.sessionId}})


for one in ("partner", "enterprise"):
    run(one)
print("done")
