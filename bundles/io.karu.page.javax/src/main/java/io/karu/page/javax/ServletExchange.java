package io.karu.page.javax;

import io.karu.page.exchange.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.Part;

/** A servlet request as an exchange. */
final class ServletExchange implements Exchange {
    private final HttpServletRequest request;
    private final HttpServletResponse response;

    ServletExchange(HttpServletRequest request, HttpServletResponse response) {
        this.request = request;
        this.response = response;
    }

    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public String path() {
        return request.getPathInfo() == null ? "" : request.getPathInfo();
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeader(name));
    }

    @Override
    public Optional<String> query() {
        return Optional.ofNullable(request.getQueryString());
    }

    @Override
    public String remote() {
        return request.getRemoteAddr();
    }

    @Override
    public InputStream body() throws IOException {
        return request.getInputStream();
    }

    @Override
    public Optional<InputStream> part(String name) throws IOException {
        try {
            Part part = request.getPart(name);
            return part == null ? Optional.empty() : Optional.of(part.getInputStream());
        } catch (ServletException | IllegalStateException e) {
            throw new IOException("the form cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void status(int status) {
        response.setStatus(status);
    }

    @Override
    public void answerHeader(String name, String value) {
        response.setHeader(name, value);
    }

    @Override
    public OutputStream answer() throws IOException {
        return response.getOutputStream();
    }
}
