/* Counts the calls of GetSecretValue: a row for each day, secret, outcome, caller, user agent,
   address and region.
   Read the result with the same kwargs: tune -kwargs @kwargs.json result_1.csv.gz */
SELECT
    eventname,
    /* NULL if the call was denied: the secret is named in errormessage */
    element_at(requestparameters, 'secretId') AS secretid,
    errorcode,
    /* only where tune reads it, because each text makes another row */
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
    date_format(min(eventtime), '%Y-%m-%dT%H:%i:%sZ') AS firsttime,
    date_format(max(eventtime), '%Y-%m-%dT%H:%i:%sZ') AS lasttime
FROM 01234567-89ab-cdef-0123-456789abcdef
WHERE eventtime >= TIMESTAMP '2026-11-01 00:00:00' AND eventtime < TIMESTAMP '2026-12-01 00:00:00'
  AND eventname IN ('GetSecretValue', 'BatchGetSecretValue')
  AND eventsource LIKE 'secretsmanager.amazonaws.com%'
GROUP BY 2, 7, 14, 13, 6, 4, 3, 1, 5, 8, 9, 10, 11, 12, 15, date_trunc('day', eventtime)
