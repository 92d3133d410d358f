package io.karu.page.javax;

import io.karu.page.exchange.ExchangeHandler;
import javax.servlet.Servlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The operator's page on the HTTP whiteboard. Multipart bounds are coarse; the page has its own.
 */
@Component(
        service = Servlet.class,
        property = {
            "osgi.http.whiteboard.servlet.name=karu",
            "osgi.http.whiteboard.servlet.pattern=/karu",
            "osgi.http.whiteboard.servlet.pattern=/karu/*",
            "osgi.http.whiteboard.servlet.multipart.enabled:Boolean=true",
            "osgi.http.whiteboard.servlet.multipart.maxFileSize:Long=67108865",
            "osgi.http.whiteboard.servlet.multipart.maxRequestSize:Long=136314880",
            "osgi.http.whiteboard.servlet.multipart.fileSizeThreshold:Integer=1048576"
        })
public final class PageServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient ExchangeHandler page;

    @Activate
    public PageServlet(@Reference(name = "ExchangeHandler") ExchangeHandler page) {
        this.page = page;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) {
        page.handle(new ServletExchange(request, response));
    }
}
