from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render

from polls.models import Question


def index(request):
    questions = Question.objects.prefetch_related("choices")
    return render(request, "polls/index.html", {"questions": questions})


def detail(request, question_id):
    question = get_object_or_404(Question, pk=question_id)
    return render(request, "polls/detail.html", {"question": question})


def vote(request, question_id):
    question = get_object_or_404(Question, pk=question_id)
    choice = request.POST.get("choice", "")
    chosen = question.choices.filter(pk=choice if choice.isdecimal() else None)
    # Counted by the database: two votes at one moment are two votes.
    if request.method == "POST" and chosen.update(votes=F("votes") + 1):
        return redirect("polls:results", question.id)
    context = {"question": question, "problem": "Choose one of the answers."}
    return render(request, "polls/detail.html", context)


def results(request, question_id):
    question = get_object_or_404(Question.objects.prefetch_related("choices"), pk=question_id)
    return render(request, "polls/results.html", {"question": question})
