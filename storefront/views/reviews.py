"""Reading, writing and valuing reviews."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.errors import CatalogError
from catalog.models import Product
from catalog.services.photos import read_upload
from customers.models import User
from orders.services.purchases import has_received
from storefront.forms.reviews import ReviewForm
from storefront.limits import is_too_often
from storefront.pages.reviews import ORDERINGS, review_page
from storefront.reading import read_key, reader_of
from support.errors import SupportError
from support.models import Review
from support.services import reviews, votes

REVIEW_RATE = "20/hour"
VOTE_RATE = "120/hour"


@require_safe
def review_list(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(Product.objects.published().for_cards(), slug=slug)
    page = review_page(
        product=product,
        stars=request.GET.get("stars", ""),
        ordering=request.GET.get("sort", ""),
        number=request.GET.get("page", ""),
        reader=reader_of(request),
    )
    context = {
        "page": page,
        "product": product,
        "summary": page.summary,
        "reviews": page.reviews,
        "chosen_stars": page.stars,
        "orderings": ORDERINGS,
    }
    return render(request, "storefront/review_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_write(request: HttpRequest, slug: str) -> HttpResponse:
    """One review a customer and product: the form shows it again to be changed."""
    product = get_object_or_404(Product.objects.published().for_cards(), slug=slug)
    author = cast("User", request.user)
    own = Review.objects.by(author).filter(product=product).first()
    if request.method != "POST":
        form = ReviewForm(initial=_initial(own, author))
        return _form_page(request, product, own, form, 200)
    form = ReviewForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form_page(request, product, own, form, 422)
    if is_too_often(request, form="review", rate=REVIEW_RATE):
        form.add_error(None, _("That was too often. Please try again in an hour."))
        return _form_page(request, product, own, form, 429)
    try:
        review = _store(request, product, author, own, form)
    except (SupportError, CatalogError) as error:
        form.add_error(None, str(error))
        return _form_page(request, product, own, form, 422)
    if review.status == Review.Status.PUBLISHED:
        messages.success(request, _("Thank you. Your review is shown on this page."))
    else:
        messages.success(request, _("Thank you. Your review is shown once we have looked at it."))
    return redirect(product)


def _store(
    request: HttpRequest, product: Product, author: User, own: Review | None, form: ReviewForm
) -> Review:
    photos = [read_upload(upload) for upload in form.cleaned_data["photos"]]
    stars = int(form.cleaned_data["stars"])
    title, text = form.cleaned_data["title"], form.cleaned_data["text"]
    is_verified = has_received(customer=author, product=product)
    if own is None:
        return reviews.add_review(
            product=product,
            author=author,
            author_name=form.cleaned_data["author_name"],
            stars=stars,
            title=title,
            text=text,
            is_verified_purchase=is_verified,
            photos=photos,
        )
    return reviews.edit_review(
        review=own,
        author=author,
        author_name=form.cleaned_data["author_name"],
        stars=stars,
        title=title,
        text=text,
        is_verified_purchase=is_verified or own.is_verified_purchase,
        photos=photos,
        removed_photo_ids=[read_key(key) for key in request.POST.getlist("remove")],
    )


@require_POST
def review_vote(request: HttpRequest) -> HttpResponse:
    """Found helpful, or taken back. Guests are asked to log in, and come back to the review."""
    key = read_key(request.POST.get("review", "") or request.POST.get("take_back", ""))
    review = get_object_or_404(
        Review.objects.published()
        .filter(product__status=Product.Status.PUBLISHED)
        .select_related("product"),
        pk=key,
    )
    here = f"{review.product.get_absolute_url()}#review-{review.pk}"
    voter = reader_of(request)
    if voter is None:
        messages.info(request, _("Please log in to say that a review helped you."))
        return redirect_to_login(here)
    if is_too_often(request, form="vote", rate=VOTE_RATE):
        messages.error(request, _("That was too often. Please try again in an hour."))
        return redirect(here)
    try:
        if request.POST.get("review"):
            votes.add_vote(review=review, voter=voter)
            messages.success(request, _("Thank you for telling others that this review helps."))
        else:
            votes.remove_vote(review=review, voter=voter)
            messages.success(request, _("Your vote was taken back."))
    except SupportError as error:
        messages.error(request, str(error))
    return redirect(here)


def _form_page(
    request: HttpRequest, product: Product, own: Review | None, form: ReviewForm, status: int
) -> HttpResponse:
    context = {
        "product": product,
        "own": own,
        "form": form,
        "photos": list(own.photos.all()) if own else [],
    }
    return render(request, "storefront/review_write.html", context, status=status)


def _initial(own: Review | None, author: User) -> dict[str, object]:
    if own is None:
        return {"author_name": author.first_name or ""}
    return {
        "stars": str(own.stars),
        "title": own.title,
        "text": own.text,
        "author_name": own.author_name,
    }
