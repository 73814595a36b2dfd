// What the server tells while the page is seen: counts, progress, pages and messages that were waited for, what is new
// in the list. Changes words in their place, moves nothing and takes no focus. A page that nobody sees asks for nothing.
const list = document.querySelector("[data-pool]");
const page = document.querySelector("[data-jobs]");
const said = document.getElementById("live");
const icons = { text: "book-open", page: "history", pending: "clock", failed: "circle-alert", none: "file-text" };
let source;
let underWay;

const word = (id) => document.getElementById(id).content.textContent.trim();
const waited = () => {
  const marks = [...document.querySelectorAll("[data-page='pending']")];
  return [...new Set(marks.map((mark) => mark.closest(".row")?.id.slice(5) ?? mark.closest(".item").dataset.item))];
};

function showWork({ words, under_way, failed, jobs }) {
  for (const each of document.querySelectorAll("[data-work-words]")) each.textContent = words;
  for (const each of document.querySelectorAll("[data-work-dot]")) each.hidden = !(under_way || failed);
  if (underWay && !under_way) said.textContent = word("work-over");
  underWay = under_way;
  if (page) showJobs(jobs);
}

function showJobs(jobs) {
  const there = new Map(jobs.map((job) => [String(job.id), job]));
  let isStale = jobs.some((job) => !page.querySelector(`[data-job="${job.id}"]`));
  for (const line of page.querySelectorAll("[data-job]")) {
    const job = there.get(line.dataset.job);
    isStale ||= line.dataset.state !== (job?.state ?? "gone");
    showJob(line, job);
  }
  page.querySelector("[data-jobs-changed]").hidden = !isStale;
}

function showJob(line, job) {
  const progress = line.querySelector("progress");
  const [done, total] = [line.querySelector("[data-done]"), line.querySelector("[data-total]")];
  if (job?.total && progress) {
    progress.max = job.total;
    progress.value = job.done ?? 0;
    if (done) [done.textContent, total.textContent] = [job.done ?? 0, job.total];
  }
  if (!job) {
    line.classList.add("over");
    if (progress) progress.value = progress.max;
  }
}

function showNew({ words }) {
  const pill = list.querySelector("[data-new]");
  pill.hidden = !words;
  pill.querySelector("[data-new-words]").textContent = words;
  said.textContent = words;
}

function showItem({ id, state, words, title, author, excerpt, initial, tile }) {
  const mark = document.querySelector(`#item-${id} .page, .item[data-item="${id}"] [data-page]`);
  if (!mark) return;
  mark.dataset.page = state;
  const row = mark.closest(".row");
  if (!row) {
    mark.querySelector("[data-page-waits]").hidden = true;
    mark.querySelector("[data-page-done]").hidden = false;
    return;
  }
  row.querySelector(".link").textContent = title;
  if (row.matches(".mail")) {
    row.querySelector(".from").textContent = author;
    const picture = row.querySelector(".tile");
    picture.textContent = initial;
    picture.className = `tile tile-${tile}`;
    row.querySelector(".excerpt").textContent = excerpt;
    mark.querySelector("[data-waits]").hidden = true;
    return;
  }
  const use = mark.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${icons[state]}`));
  mark.querySelector(".words").textContent = words;
}

function listen() {
  if (source || document.hidden) return;
  const items = waited();
  const asked = new URLSearchParams();
  if (items.length) asked.set("items", items.join(","));
  if (page) asked.set("jobs", "1");
  if (list) {
    asked.set("pool", list.dataset.pool);
    asked.set("top", list.dataset.top);
  }
  source = new EventSource(`/live?${asked}`);
  source.addEventListener("work", (event) => showWork(JSON.parse(event.data)));
  source.addEventListener("new", (event) => showNew(JSON.parse(event.data)));
  source.addEventListener("item", (event) => showItem(JSON.parse(event.data)));
}

function stop() {
  source?.close();
  source = undefined;
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
addEventListener("pagehide", stop);
addEventListener("pageshow", listen);
