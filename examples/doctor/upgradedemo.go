package main

// upgraded are sample connections for -demo -upgrade. An upgrade stops, changes or starts some of
// them, and others stay the same.
var upgraded = map[string]string{
	"airflow/connections/billing_api": `{"conn_type": "http", "host": "api.example.com", "extra": "Bearer hunter2-token"}`,
	"airflow/connections/warehouse": `{"conn_type": "postgres", "host": "db.example.com", "login": 4711,
		"password": "hunter2-warehouse", "database": 20}`,
	"airflow/connections/legacy_ftp":    "ftp://anonymous:@ftp.example.com",
	"airflow/connections/reports":       `{"conn_type": "mysql", "host": "reports.example.com", "password": 0}`,
	"airflow/connections/spark_default": `{"conn_type": "spark", "host": "yarn", "extra": "{\"queue\": \"root.default\",}"}`,
	"airflow/connections/slack":         `{"conn_type": "slack", "password": "hunter2-slack", "extra": {"timeout": 30}}`,
}

// onStage makes the doctor read sample connections, until it is closed.
func (d *doctor) onStage() error {
	forgetMachine()
	s, err := newStage()
	if err != nil {
		return err
	}
	for name, text := range upgraded {
		s.srv.Set(name, text)
	}
	staged, err := s.doctor()
	if err != nil {
		s.close()
		return err
	}
	d.source, d.environ, d.options, d.all = staged.source, staged.environ, staged.options, true
	d.closers = append(d.closers, s.close)
	return nil
}

// close closes what onStage opened.
func (d *doctor) close() {
	for _, c := range d.closers {
		c()
	}
}
