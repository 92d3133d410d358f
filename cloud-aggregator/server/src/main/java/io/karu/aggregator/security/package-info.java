/** Who may use the aggregator: people with passwords, programs with API tokens. */
package io.karu.aggregator.security;
