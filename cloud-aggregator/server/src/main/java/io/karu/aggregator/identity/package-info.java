/** Which gateway a client is: certificates, how they are got, renewed and revoked. */
package io.karu.aggregator.identity;
