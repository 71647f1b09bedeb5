-- Counts the calls of GetSecretValue: a row for each day, secret, outcome, caller, user agent,
-- address and region.
-- Read the result with the same kwargs: tune -kwargs @kwargs.json result.csv
SELECT
    eventname,
    -- NULL if the call was denied: the secret is named in errormessage
    json_extract_scalar(requestparameters, '$.secretId') AS secretid,
    errorcode,
    -- only where tune reads it, because each text makes another row
    IF(errorcode LIKE 'AccessDenied%' OR errorcode = 'ResourceNotFoundException', errormessage) AS errormessage,
    useridentity.type AS type,
    useridentity.principalid AS principalid,
    useridentity.arn AS arn,
    useridentity.accountid AS accountid,
    useridentity.invokedby AS invokedby,
    useridentity.username AS username,
    useridentity.sessioncontext.sessionissuer.type AS issuertype,
    useridentity.sessioncontext.sessionissuer.username AS issuerusername,
    useragent,
    sourceipaddress,
    awsregion,
    count(*) AS calls,
    min(eventtime) AS firsttime,
    max(eventtime) AS lasttime
FROM "cloudtrail_logs"
WHERE eventname IN ('GetSecretValue', 'BatchGetSecretValue')
  AND eventsource LIKE 'secretsmanager.amazonaws.com%'
  AND eventtime >= '2026-11-01T00:00:00Z' AND eventtime < '2026-12-01T00:00:00Z'
  -- Only these partitions are read, and billed. The last is a day later, because files are
  -- delivered late. If the column is missing, the query fails and is free: print it again with
  -- -partition EXPR, or -partition none.
  AND "timestamp" BETWEEN '2026/11/01' AND '2026/12/01'
GROUP BY 2, 7, 14, 13, 6, 4, 3, 1, 5, 8, 9, 10, 11, 12, 15, substr(eventtime, 1, 10)
