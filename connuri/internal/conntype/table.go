package conntype

// types are the types as the hooks of Airflow 3.3 read them.
var types = [...]Type{
	{ // RedshiftSQLHook passes what it does not read to redshift_connector; PostgresHook is used with it as well
		Hook: "redshift", Keys: "iam is_serverless", Truth: "iam is_serverless", NoProtocol: true,
	},
	{
		Hook: "postgres", Engines: "aurora_postgresql", Wrong: "pg psql pgsql postgre postgress",
		NoProtocol: true, OneName: "database",
		// PostgresHook's own, psycopg's own, and the keywords of libpq 18.
		Keys: `iam redshift redshift-serverless cursor cluster-identifier workgroup-name aws_conn_id sqlalchemy_scheme
			sqlalchemy_query azure_conn_id
			conninfo autocommit prepare_threshold context row_factory cursor_factory
			host hostaddr port user password dbname passfile service connect_timeout application_name
			fallback_application_name options client_encoding target_session_attrs load_balance_hosts channel_binding
			require_auth sslmode sslnegotiation sslcert sslkey sslpassword sslrootcert sslcrl sslcrldir sslsni
			sslcompression sslcertmode sslkeylogfile ssl_min_protocol_version ssl_max_protocol_version requirepeer
			gssencmode gssdelegation gsslib krbsrvname replication min_protocol_version max_protocol_version keepalives
			keepalives_idle keepalives_interval keepalives_count tcp_user_timeout scram_client_key scram_server_key
			oauth_issuer oauth_client_id oauth_client_secret oauth_scope`,
		Telling: "sslmode",
		Unknown: Passed,
		Meant:   "ssl:sslmode ssl_mode:sslmode tls:sslmode timeout:connect_timeout database:dbname username:user search_path:options schema:options use_ssl:sslmode use_tls:sslmode sslca:sslrootcert ssl_ca:sslrootcert",
		Advice: []Advice{
			{"ssl tls use_ssl use_tls usessl require_ssl ssl_enabled enable_ssl", "write sslmode=require, or sslmode=verify-full and sslrootcert"},
			{"schema search_path current_schema currentschema", "write options=-c search_path=NAME, in a URI options=-c%20search_path%3DNAME"},
		},
		Truth: "iam redshift redshift-serverless",
		Takes: []Takes{
			{Keys: "sslmode", Words: "disable allow prefer require verify-ca verify-full", Write: "sslmode=require, or sslmode=verify-full and sslrootcert"},
			{Keys: "channel_binding", Words: "disable prefer require", Write: "channel_binding=require"},
			{Keys: "gssencmode", Words: "disable prefer require", Write: "gssencmode=prefer"},
			{Keys: "sslcertmode", Words: "disable allow require", Write: "sslcertmode=allow"},
			{Keys: "min_protocol_version", Words: "3.0 3.2 latest", Write: "min_protocol_version=3.0"},
			{Keys: "max_protocol_version", Words: "3.0 3.2 latest", Write: "max_protocol_version=3.0"},
			{Keys: "ssl_min_protocol_version", Words: "tlsv1 tlsv1.1 tlsv1.2 tlsv1.3", AnyCase: true, Write: "ssl_min_protocol_version=TLSv1.2"},
			{Keys: "ssl_max_protocol_version", Words: "tlsv1 tlsv1.1 tlsv1.2 tlsv1.3", AnyCase: true, Write: "ssl_max_protocol_version=TLSv1.3"},
			{Keys: "sslnegotiation", Words: "postgres direct", Write: "sslnegotiation=postgres"},
			{Keys: "load_balance_hosts", Words: "disable random", Write: "load_balance_hosts=random"},
			{Keys: "target_session_attrs", Words: "any read-write read-only primary standby prefer-standby", Write: "target_session_attrs=read-write"},
		},
		Files: "sslcert: sslkey: sslrootcert: sslcrl:",
		Needs: []Need{{"aws_conn_id cluster-identifier workgroup-name", "iam redshift redshift-serverless"}},
	},
	{
		Hook: "mysql", Engines: "mariadb aurora aurora_mysql",
		NoProtocol: true, OneName: "database",
		// What the hook reads for mysqlclient, and what it passes to mysql-connector-python.
		Keys: `client charset cursor ssl ssl_mode unix_socket iam aws_conn_id
			ssl_ca ssl_cert ssl_key ssl_cipher ssl_disabled ssl_verify_cert ssl_verify_identity`,
		Unknown: Dropped,
		Meant:   "tls:ssl_mode sslmode:ssl_mode use_ssl:ssl_mode use_tls:ssl_mode cursorclass:cursor socket:unix_socket",
		Advice: []Advice{{"tls sslmode use_ssl use_tls usessl require_ssl ssl_enabled enable_ssl",
			"write ssl_mode=REQUIRED, or ssl_mode=VERIFY_IDENTITY and ssl with a ca"}},
		Truth: "iam ssl_disabled ssl_verify_cert ssl_verify_identity",
		Takes: []Takes{{Keys: "ssl_mode", Words: "DISABLED PREFERRED REQUIRED VERIFY_CA VERIFY_IDENTITY",
			Write: "ssl_mode=REQUIRED, or ssl_mode=VERIFY_IDENTITY and ssl with a ca"}},
		Files: "ssl_ca: ssl_cert: ssl_key:",
		Needs: []Need{{"aws_conn_id", "iam"}},
	},
	{
		Hook:       "redis",
		NoProtocol: true,
		Keys:       "db cluster startup_nodes ssl ssl_cert_reqs ssl_ca_certs ssl_keyfile ssl_certfile ssl_check_hostname",
		Unknown:    Dropped,
		Meant:      "database:db tls:ssl use_ssl:ssl use_tls:ssl ssl_enabled:ssl enable_ssl:ssl ssl_ca_path:ssl_ca_certs ssl_ca:ssl_ca_certs ssl_cert:ssl_certfile ssl_key:ssl_keyfile",
		Truth:      "cluster ssl ssl_check_hostname",
		Takes:      []Takes{{Keys: "ssl_cert_reqs", Words: "none optional required", OnlyText: true, Write: "ssl_cert_reqs=required"}},
		Files:      "ssl_ca_certs: ssl_keyfile: ssl_certfile:",
		Needs: []Need{
			{"ssl_cert_reqs ssl_ca_certs ssl_keyfile ssl_certfile ssl_check_hostname", "ssl"},
			{"startup_nodes", "cluster"},
		},
	},
	{
		Hook:    "http",
		Keys:    "stream cert proxies proxy timeout verify verify_ssl allow_redirects max_redirects trust_env check_response srv_lookup",
		Unknown: Header,
		Meant: `headers: auth_type: auth_kwargs: auth: extra_options: endpoint: endpoint_url: retries: ssl_verify:verify
			tcp_keep_alive: tcp_keep_alive_idle: tcp_keep_alive_count: tcp_keep_alive_interval: bearer_token:Authorization`,
		Advice: []Advice{
			{"ssl tls use_ssl use_tls usessl", "leave it out: https as the schema turns TLS on"},
			{"insecure skip_verify insecure_skip_verify no_verify verify_none disable_ssl_verification", "leave it out: certificates are verified unless verify is false"},
			{"bearer_token", "write Authorization=Bearer TOKEN"},
		},
		Truth: "stream allow_redirects trust_env check_response",
		Words: "srv_lookup",
		Paths: "verify verify_ssl",
	},
	{
		Hook: "smtp", Wrong: "smtps",
		NoProtocol: true,
		Keys: `from_email disable_tls disable_ssl ssl_context timeout retry_limit subject_template html_content_template
			auth_type access_token client_id client_secret tenant_id scope`,
		Unknown: Dropped,
		Meant:   "from:from_email mail_from:from_email disable_starttls:disable_tls no_tls:disable_tls no_ssl:disable_ssl",
		Advice: []Advice{{`ssl use_ssl smtp_ssl enable_ssl mail_use_ssl email_use_ssl
			tls use_tls smtp_tls enable_tls mail_use_tls email_use_tls starttls start_tls use_starttls smtp_starttls enable_starttls`,
			"leave it out: TLS from the start is on unless disable_ssl is true, and STARTTLS unless disable_tls is true"}},
		Truth:  "disable_tls disable_ssl",
		Takes:  []Takes{{Keys: "ssl_context", Words: "default none", Write: "ssl_context=default"}},
		Unread: "schema",
	},
	{
		Hook: "aws", Wrong: "amazon amazon_web_services amazon_s3 aws_s3 amazon_aws",
		Keys: `aws_access_key_id aws_secret_access_key aws_session_token session_kwargs region_name verify profile_name
			config_kwargs service_config endpoint_url role_arn assume_role_method assume_role_kwargs assume_role_with_saml
			assume_role_with_web_identity_federation assume_role_with_web_identity_federation_audience
			assume_role_with_web_identity_token_file`,
		Telling: "aws_access_key_id aws_secret_access_key aws_session_token region_name role_arn",
		Unknown: Dropped,
		Meant:   "region:region_name profile:profile_name host:endpoint_url aws_iam_role:role_arn external_id:assume_role_kwargs role_session_name:assume_role_kwargs",
		Advice: []Advice{
			{"aws_iam_role aws_account_id iam_role role_name", "write role_arn=arn:aws:iam::ACCOUNT:role/NAME, the whole ARN of the role"},
			{"external_id externalid", `write assume_role_kwargs={"ExternalId": "VALUE"} in JSON, in a URI inside __extra__`},
			{"role_session_name session_name", `write assume_role_kwargs={"RoleSessionName": "VALUE"} in JSON, in a URI inside __extra__`},
		},
		Takes: []Takes{
			{Keys: "role_arn", Begin: "arn:", Write: "role_arn=arn:aws:iam::ACCOUNT:role/NAME, the whole ARN of the role"},
			{Keys: "assume_role_method", Words: "assume_role assume_role_with_saml assume_role_with_web_identity", Write: "assume_role_method=assume_role"},
		},
		Objects: "session_kwargs config_kwargs service_config assume_role_kwargs assume_role_with_saml",
		Paths:   "verify",
		Needs: []Need{{`assume_role_method assume_role_kwargs assume_role_with_saml assume_role_with_web_identity_federation
			assume_role_with_web_identity_federation_audience assume_role_with_web_identity_token_file`, "role_arn"}},
		Unread: "host port schema",
	},
	{
		Hook: "mongo", Wrong: "mongodb docdb documentdb",
		NoProtocol: true, OneName: "database",
		// MongoHook's own, and the options of pymongo.
		Keys: `srv allow_insecure
			host port username password appname authMechanism authMechanismProperties authOIDCAllowedHosts authSource
			auto_encryption_opts compressors connect connectTimeoutMS datetime_conversion directConnection document_class driver
			enableOverloadRetargeting enable_overload_retargeting event_listeners fsync heartbeatFrequencyMS journal loadBalanced localThresholdMS
			maxAdaptiveRetries max_adaptive_retries maxConnecting maxIdleTimeMS maxPoolSize maxStalenessSeconds minPoolSize read_preference
			readConcernLevel readPreference readPreferenceTags replicaSet retryReads retryWrites server_api server_selector
			serverMonitoringMode serverSelectionTimeoutMS socketTimeoutMS srvAllowedHostsSuffix srvMaxHosts srvServiceName
			srv_host_validator ssl timeoutMS tls tlsAllowInvalidCertificates tlsAllowInvalidHostnames tlsCAFile
			tlsCertificateKeyFile tlsCertificateKeyFilePassword tlsCRLFile tlsDisableOCSPEndpointCheck tlsInsecure type_registry
			tz_aware tzinfo unicode_decode_error_handler uuidRepresentation w waitQueueMultiple waitQueueTimeoutMS wtimeoutMS
			zlibCompressionLevel`,
		AnyCase: true,
		Unknown: Passed,
		Meant:   "use_srv:srv use_ssl:ssl use_tls:tls enable_ssl:ssl ssl_ca_certs:tlsCAFile ssl_certfile:tlsCertificateKeyFile",
		Truth:   "srv",
		Exact:   "ssl tls allow_insecure",
		Takes: []Takes{
			{Keys: "authMechanism", Words: "DEFAULT GSSAPI MONGODB-AWS MONGODB-OIDC MONGODB-X509 PLAIN SCRAM-SHA-1 SCRAM-SHA-256", Write: "authMechanism=DEFAULT"},
			{Keys: "readPreference", Words: "primary primaryPreferred secondary secondaryPreferred nearest", Write: "readPreference=primary"},
		},
		Files: "tlsCAFile: tlsCertificateKeyFile: tlsCRLFile:",
		Needs: []Need{{"allow_insecure", "ssl tls"}},
	},
	{
		Hook:    "snowflake",
		OneName: "schema", FirstOf: "database",
		Keys: `account warehouse database region role authenticator session_parameters insecure_mode
			json_result_force_utf8_decoding client_request_mfa_token client_store_temporary_credential ocsp_fail_open
			workload_identity_provider token token_file_path refresh_token grant_type azure_conn_id token_endpoint scope
			oauth_username oauth_password host port proxy_host proxy_port proxy_user proxy_password private_key_file
			private_key_content`,
		Telling: "account token warehouse",
		Prefixed: `account warehouse database region role insecure_mode json_result_force_utf8_decoding
			client_request_mfa_token client_store_temporary_credential workload_identity_provider token token_file_path
			refresh_token grant_type token_endpoint scope oauth_username oauth_password proxy_host proxy_port proxy_user
			proxy_password private_key_file private_key_content`,
		Unknown: Dropped,
		Meant:   "private_key_path:private_key_file private_key:private_key_content",
		Files:   "private_key_file:private_key_content token_file_path:token",
		Words:   "insecure_mode json_result_force_utf8_decoding client_request_mfa_token client_store_temporary_credential ocsp_fail_open",
		Needs:   []Need{{"token token_file_path", "workload_identity_provider"}},
		Unread:  "host port",
	},
	{
		Hook:       "ssh",
		NoProtocol: true,
		// known_hosts and passphrase are read by the asynchronous hook alone.
		Keys: `key_file private_key private_key_passphrase conn_timeout cmd_timeout compress host_key no_host_key_check
			ignore_hostkey_verification allow_host_key_change look_for_keys disabled_algorithms ciphers known_hosts passphrase`,
		Unknown: Dropped,
		Meant: `timeout:conn_timeout private_key_path:key_file private_key_file:key_file key_path:key_file identity_file:key_file
			keyfile:key_file pkey:private_key`,
		Advice: []Advice{{"strict_host_key_checking stricthostkeychecking host_key_check host_key_checking check_host_key verify_host_key",
			"leave it out: the key of the host is checked unless no_host_key_check is true"}},
		Files:  "key_file:private_key",
		Exact:  "compress no_host_key_check ignore_hostkey_verification allow_host_key_change look_for_keys",
		Needs:  []Need{{"private_key_passphrase", "private_key key_file"}},
		Unread: "schema",
	},
	{
		Hook: "kafka", Wrong: "confluent_kafka apache_kafka",
		// What confluent-kafka takes for itself, and the properties of librdkafka 2.16.
		Keys: `error_cb throttle_cb stats_cb log_cb oauth_cb on_commit on_delivery logger default.topic.config
			acks allow.auto.create.topics api.version.fallback.ms api.version.request api.version.request.timeout.ms
			auto.commit.enable auto.commit.interval.ms auto.offset.reset batch.num.messages batch.size bootstrap.servers
			broker.address.family broker.address.ttl broker.version.fallback builtin.features check.crcs client.dns.lookup
			client.id client.rack compression.codec compression.level compression.type connections.max.idle.ms
			consume.callback.max.messages coordinator.query.interval.ms debug delivery.report.only.error
			delivery.timeout.ms enable.auto.commit enable.auto.offset.store enable.gapless.guarantee enable.idempotence
			enable.metrics.push enable.partition.eof enable.random.seed enable.sasl.oauthbearer.unsecure.jwt
			enable.ssl.certificate.verification enabled_events fetch.error.backoff.ms fetch.max.bytes fetch.message.max.bytes
			fetch.min.bytes fetch.queue.backoff.ms fetch.wait.max.ms group.id group.instance.id group.protocol
			group.protocol.type group.remote.assignor heartbeat.interval.ms https.ca.location https.ca.pem
			internal.termination.signal isolation.level
			linger.ms log.connection.close log.queue log.thread.name log_level max.in.flight
			max.in.flight.requests.per.connection max.partition.fetch.bytes max.poll.interval.ms max.poll.records
			message.copy.max.bytes message.max.bytes message.send.max.retries message.timeout.ms metadata.broker.list
			metadata.max.age.ms metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy offset.store.method
			offset.store.path offset.store.sync.interval.ms partition.assignment.strategy partitioner plugin.library.paths
			produce.offset.report queue.buffering.backpressure.threshold queue.buffering.max.kbytes
			queue.buffering.max.messages queue.buffering.max.ms queued.max.messages.kbytes queued.min.messages
			queuing.strategy receive.message.max.bytes reconnect.backoff.jitter.ms reconnect.backoff.max.ms
			reconnect.backoff.ms request.required.acks request.timeout.ms retries retry.backoff.max.ms retry.backoff.ms
			sasl.kerberos.keytab sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin sasl.kerberos.principal
			sasl.kerberos.service.name sasl.mechanism sasl.mechanisms sasl.oauthbearer.assertion.algorithm
			sasl.oauthbearer.assertion.claim.aud sasl.oauthbearer.assertion.claim.exp.seconds
			sasl.oauthbearer.assertion.claim.iss sasl.oauthbearer.assertion.claim.jti.include
			sasl.oauthbearer.assertion.claim.nbf.seconds sasl.oauthbearer.assertion.claim.sub
			sasl.oauthbearer.assertion.file sasl.oauthbearer.assertion.jwt.template.file
			sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
			sasl.oauthbearer.assertion.private.key.pem sasl.oauthbearer.client.credentials.client.id
			sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.client.id sasl.oauthbearer.client.secret
			sasl.oauthbearer.config sasl.oauthbearer.extensions sasl.oauthbearer.grant.type
			sasl.oauthbearer.metadata.authentication.type sasl.oauthbearer.method sasl.oauthbearer.scope
			sasl.oauthbearer.sub.claim.name sasl.oauthbearer.token.endpoint.url sasl.password sasl.username
			security.protocol session.timeout.ms share.acknowledgement.mode socket.blocking.max.ms
			socket.connection.setup.timeout.ms socket.keepalive.enable socket.max.fails socket.nagle.disable
			socket.receive.buffer.bytes socket.send.buffer.bytes socket.timeout.ms ssl.ca.location ssl.ca.pem ssl.certificate.location ssl.certificate.pem ssl.cipher.suites ssl.crl.location
			ssl.curves.list ssl.endpoint.identification.algorithm ssl.engine.id ssl.engine.location ssl.key.location
			ssl.key.password ssl.key.pem ssl.keystore.location ssl.keystore.password ssl.providers ssl.sigalgs.list
			statistics.interval.ms sticky.partitioning.linger.ms topic.blacklist topic.metadata.propagation.max.ms
			topic.metadata.refresh.fast.cnt topic.metadata.refresh.fast.interval.ms topic.metadata.refresh.interval.ms
			topic.metadata.refresh.sparse transaction.timeout.ms transactional.id`,
		Unknown: Passed,
		Meant:   "brokers:bootstrap.servers broker:bootstrap.servers bootstrap:bootstrap.servers servers:bootstrap.servers",
		Takes: []Takes{
			{Keys: "security.protocol", Words: "plaintext ssl sasl_plaintext sasl_ssl", AnyCase: true, Write: "security.protocol=SASL_SSL, or SSL without a login"},
			{Keys: "auto.offset.reset", Words: "smallest earliest beginning largest latest end error", Write: "auto.offset.reset=earliest"},
		},
		Files:  "ssl.ca.location:ssl.ca.pem ssl.certificate.location:ssl.certificate.pem ssl.key.location:ssl.key.pem",
		Unread: "host port login password schema",
	},
	{
		Hook: "mssql", Wrong: "microsoft_sql_server sql_server ms_sql", Engines: "sqlserver sqlserver_se sqlserver_ee sqlserver_ex sqlserver_web",
		NoProtocol: true, OneName: "database",
		// MsSqlHook's own, and the arguments of pymssql.connect.
		Keys: `sqlalchemy_scheme
			server user password database port host timeout login_timeout charset as_dict appname encryption read_only
			conn_properties autocommit tds_version use_datetime2 arraysize`,
		Unknown: Passed,
		Meant:   "encrypt:encryption ssl:encryption use_ssl:encryption TrustServerCertificate: driver:",
		Advice:  []Advice{{"encrypt ssl tls use_ssl use_tls", "write encryption=require"}},
		Takes:   []Takes{{Keys: "encryption", Words: "off request require strict", AnyCase: true, Write: "encryption=require"}},
		Truth:   "as_dict autocommit read_only",
	},
	{
		Hook: "google_cloud_platform", Wrong: "gcp google google_cloud gcloud gcs bigquery google_bigquery google_cloud_storage",
		Keys: `key_path keyfile_dict credential_config_file key_secret_name key_secret_project_id is_anonymous scope project
			num_retries impersonation_chain idp_issuer_url client_id client_secret idp_extra_params quota_project_id
			use_legacy_sql location priority api_resource_configs labels`,
		Telling: "key_path keyfile_dict project",
		Prefixed: `key_path keyfile_dict credential_config_file key_secret_name key_secret_project_id is_anonymous scope project
			num_retries impersonation_chain idp_issuer_url client_id client_secret idp_extra_params quota_project_id
			use_legacy_sql location priority api_resource_configs labels`,
		Unknown: Dropped,
		Meant:   "idp_extra_parameters:idp_extra_params project_id:project keyfile_json:keyfile_dict key_json:keyfile_dict json_key:keyfile_dict credentials_json:keyfile_dict service_account_json:keyfile_dict service_account_key:keyfile_dict service_account_info:keyfile_dict keyfile_path:key_path keyfile:key_path key_file:key_path",
		Files:   "key_path:keyfile_dict",
		Truth:   "is_anonymous",
		Needs:   []Need{{"key_secret_project_id", "key_secret_name"}, {"client_id client_secret idp_extra_params", "idp_issuer_url"}},
		Unread:  "host port login password schema",
	},
	{Hook: "oracle", Engines: "oracle_se2 oracle_ee", OneName: "service"},

	// Types whose other keys are not listed.
	{Hook: "trino", OneName: "schema", FirstOf: "catalog"},
	{Hook: "presto", OneName: "schema", FirstOf: "catalog"},
	{Hook: "vertica", NoProtocol: true, OneName: "database"},
	{Hook: "cassandra", NoProtocol: true},
	{Hook: "samba", NoProtocol: true},
	{Hook: "ftp", Keys: "passive", Truth: "passive", NoProtocol: true},
	{Hook: "imap", Keys: "use_ssl", Truth: "use_ssl", NoProtocol: true},
	{Hook: "hive_cli", Keys: "use_beeline", Truth: "use_beeline"},
	{Hook: "databricks", Keys: "use_azure_managed_identity", Truth: "use_azure_managed_identity"},
}
