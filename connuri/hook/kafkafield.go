package hook

// field returns the field of a property, by librdkafka's name for it; nil if it has none.
func (k *kafkaReader) field(name string) any {
	c := k.config
	switch name {
	case "metadata.broker.list":
		return &k.servers
	case "client.id":
		return &c.ClientID
	case "client.rack":
		return &c.Rack
	case "connections.max.idle.ms":
		return &c.IdleTimeout
	case "allow.auto.create.topics":
		return &c.AutoCreateTopics
	case "socket.connection.setup.timeout.ms":
		return &c.ConnectTimeout
	case "socket.timeout.ms":
		return &c.RequestTimeout
	case "metadata.max.age.ms":
		return &c.MetadataMaxAge
	case "group.id":
		return &c.Group
	case "group.instance.id":
		return &c.InstanceID
	case "session.timeout.ms":
		return &c.SessionTimeout
	case "heartbeat.interval.ms":
		return &c.HeartbeatInterval
	case "max.poll.interval.ms":
		return &c.MaxPollInterval
	case "enable.auto.commit", "auto.commit.enable":
		return &c.AutoCommit
	case "auto.commit.interval.ms":
		return &c.AutoCommitInterval
	case "auto.offset.reset":
		return &c.OffsetReset
	case "isolation.level":
		return &c.Isolation
	}
	for _, of := range []func(string) any{k.fetchField, k.producerField, k.securityField} {
		if field := of(name); field != nil {
			return field
		}
	}
	return nil
}

func (k *kafkaReader) fetchField(name string) any {
	c := k.config
	switch name {
	case "partition.assignment.strategy":
		return &k.strategy
	case "enable.auto.offset.store":
		return &c.AutoOffsetStore
	case "fetch.min.bytes":
		return &c.FetchMinBytes
	case "fetch.max.bytes":
		return &c.FetchMaxBytes
	case "fetch.message.max.bytes":
		return &c.FetchMaxPartitionBytes
	case "fetch.wait.max.ms":
		return &c.FetchMaxWait
	}
	return nil
}

func (k *kafkaReader) producerField(name string) any {
	c := k.config
	switch name {
	case "request.required.acks":
		return &c.Acks
	case "enable.idempotence":
		return &c.Idempotent
	case "transactional.id":
		return &c.TransactionalID
	case "queue.buffering.max.ms":
		return &c.Linger
	case "compression.codec":
		return &c.Compression
	case "message.send.max.retries":
		return &c.Retries
	case "max.in.flight.requests.per.connection":
		return &c.MaxInFlight
	case "compression.level":
		return &c.CompressionLevel
	case "transaction.timeout.ms":
		return &c.TransactionTimeout
	case "message.max.bytes":
		return &c.MaxMessageBytes
	case "message.timeout.ms":
		return &c.DeliveryTimeout
	case "request.timeout.ms":
		return &c.ProduceTimeout
	}
	return nil
}

func (k *kafkaReader) securityField(name string) any {
	c := k.config
	switch name {
	case "security.protocol":
		return &k.protocol
	case "ssl.ca.location":
		return &c.TLS.CAFile
	case "ssl.certificate.location":
		return &c.TLS.CertFile
	case "ssl.key.location":
		return &c.TLS.KeyFile
	case "ssl.ca.pem":
		return &c.CAPEM
	case "ssl.certificate.pem":
		return &c.PEM
	case "ssl.key.pem":
		return &c.KeyPEM
	case "enable.ssl.certificate.verification":
		return &k.verify
	case "ssl.endpoint.identification.algorithm":
		return &k.identify
	case "sasl.mechanisms":
		return &k.mechanism
	case "sasl.username":
		return &c.Username
	case "sasl.password":
		return &c.Password
	case "sasl.oauthbearer.method":
		return &k.method
	case "sasl.oauthbearer.token.endpoint.url":
		return &k.token.Endpoint
	case "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id":
		return &k.token.ClientID
	case "sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret":
		return &k.token.ClientSecret
	case "sasl.oauthbearer.scope":
		return &k.token.Scope
	case "sasl.oauthbearer.extensions":
		return &k.token.Extensions
	}
	return nil
}

// refuseOthers refuses the first property that Go cannot follow and that makes the connection safer
// or changes its login. Lint reports the other properties without a field.
func (k *kafkaReader) refuseOthers() {
	for _, key := range k.keys {
		name := kafkaProperties()[key].name
		v, given := k.values[name]
		if !given || v.key != key || !k.counts(name, v) {
			continue
		}
		if name == "ssl.key.password" {
			k.refuse("extra", key, "crypto/tls reads no encrypted key", "decrypt the key, and write it without a password")
			return
		}
		k.refuse("extra", key, "Go cannot follow it, and without it the connection is less safe or has another login", "leave it out, and configure the client in Go")
		return
	}
	if k.config.Acks > 1 {
		k.refuse("extra", k.values["request.required.acks"].key, "franz-go waits for none, the leader or all", "write 0, 1 or all")
	}
}

// counts reports whether a property without a field affects TLS or the login.
func (k *kafkaReader) counts(name string, v kafkaValue) bool {
	switch name {
	case "ssl.crl.location", "ssl.key.password", "ssl.keystore.location", "ssl.engine.location":
		return k.config.TLS.Mode != TLSOff && v.text != ""
	case "enable.sasl.oauthbearer.unsecure.jwt":
		return k.config.Mechanism == "OAUTHBEARER" && v.isTrue
	case "sasl.oauthbearer.grant.type":
		return k.isOIDC() && v.text != "client_credentials"
	case "sasl.oauthbearer.metadata.authentication.type":
		return k.isOIDC() && v.text != "none"
	}
	return false
}

// isOIDC reports whether librdkafka fetches the token itself.
func (k *kafkaReader) isOIDC() bool {
	return k.config.Mechanism == "OAUTHBEARER" && k.method == "oidc"
}
